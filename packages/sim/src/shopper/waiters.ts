/** Those who wait for something to hold; looked at after each change. */
export function createWaiters() {
  const waiting = new Set<() => void>();
  return {
    look(): void {
      for (const look of [...waiting]) look();
    },

    /** Fulfilled as soon as it holds. @param state why it failed, asked when time is up */
    until(holds: () => boolean, timeoutMs: number, state: () => string): Promise<void> {
      if (holds()) return Promise.resolve();
      return new Promise((resolve, reject) => {
        const over = () => {
          clearTimeout(timer);
          waiting.delete(look);
        };
        const look = () => {
          if (!holds()) return;
          over();
          resolve();
        };
        const timer = setTimeout(() => {
          over();
          reject(new Error(state()));
        }, timeoutMs);
        waiting.add(look);
      });
    },
  };
}
