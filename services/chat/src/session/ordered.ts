/**
 * Runs tasks of one key one after the other and tasks of different keys side by side. A key without tasks costs nothing.
 */
export class Ordered {
  readonly #tails = new Map<string, Promise<void>>();
  #size = 0;

  /** Tasks under way and waiting. */
  get size(): number {
    return this.#size;
  }

  /** Whether tasks of `key` are under way: a task that needn't wait by itself has to, then. */
  busy(key: string): boolean {
    return this.#tails.has(key);
  }

  /** `task` must not reject. */
  run(key: string, task: () => Promise<void>): void {
    this.#size++;
    const tail = (this.#tails.get(key) ?? Promise.resolve()).then(task).finally(() => {
      this.#size--;
      if (this.#tails.get(key) === tail) this.#tails.delete(key);
    });
    this.#tails.set(key, tail);
  }
}
