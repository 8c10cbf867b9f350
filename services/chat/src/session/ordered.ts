/**
 * Runs tasks of one key one after the other and tasks of different keys side by side. A key without tasks costs nothing.
 */
export function createOrdered() {
  const tails = new Map<string, Promise<void>>();
  let size = 0;
  return {
    /** Whether tasks of `key` are under way: a task that needn't wait by itself has to, then. */
    busy: (key: string): boolean => tails.has(key),
    /** Tasks under way and waiting. */
    get size(): number {
      return size;
    },
    /** `task` must not reject. */
    run(key: string, task: () => Promise<void>): void {
      size++;
      const tail = (tails.get(key) ?? Promise.resolve()).then(task).finally(() => {
        size--;
        if (tails.get(key) === tail) tails.delete(key);
      });
      tails.set(key, tail);
    },
  };
}
