/** Whose turns they are. */
export interface TurnsOwner {
  /** Whether an answer may be made now; when it turns true, `next` must be called. */
  readonly mayBegin: boolean;
}

/**
 * The large answers of one client (a recovery, a page): one is made at a time, and none while the client does not read
 * what it has been given. So what it may cost is one answer, however many it asks for at once.
 */
export class Turns {
  readonly #owner: TurnsOwner;
  #taken = false;
  #waiting: (() => void)[] | null = null;

  constructor(owner: TurnsOwner) {
    this.#owner = owner;
  }

  /** Runs `task` when those before it are done and an answer may be made. */
  async run(task: () => Promise<void>): Promise<void> {
    if (this.#taken || this.#waiting !== null || !this.#owner.mayBegin) {
      // Who is called has the turn already.
      await new Promise<void>((called) => {
        this.#waiting ??= [];
        this.#waiting.push(called);
      });
    } else this.#taken = true;
    try {
      await task();
    } finally {
      this.#taken = false;
      this.next();
    }
  }

  /** Calls the next one, if there is one and it may begin. */
  next(): void {
    if (this.#taken || this.#waiting === null || !this.#owner.mayBegin) return;
    this.#taken = true;
    const called = this.#waiting.shift()!;
    if (this.#waiting.length === 0) this.#waiting = null;
    called();
  }
}
