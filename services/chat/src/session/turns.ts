/**
 * The large answers of one client (a recovery, a page): one is made at a time, and none while the client does not read
 * what it has been given. So what it may cost is one answer, however many it asks for at once.
 */
export class Turns {
  readonly #mayBegin: () => boolean;
  #taken = false;
  #waiting: (() => void)[] = [];

  /** `mayBegin`: whether an answer may be made now; when it turns true, `next` must be called. */
  constructor(mayBegin: () => boolean) {
    this.#mayBegin = mayBegin;
  }

  /** Runs `task` when those before it are done and an answer may be made. */
  async run(task: () => Promise<void>): Promise<void> {
    if (this.#taken || this.#waiting.length > 0 || !this.#mayBegin()) {
      // Who is called has the turn already.
      await new Promise<void>((called) => this.#waiting.push(called));
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
    if (this.#taken || this.#waiting.length === 0 || !this.#mayBegin()) return;
    this.#taken = true;
    this.#waiting.shift()!();
  }
}
