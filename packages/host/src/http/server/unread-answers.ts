import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

export interface UnreadAnswersOptions {
  /** Most bytes that may wait for all clients together; 0 = any number. */
  readonly mostBytes: number;
  /** Milliseconds that only grow. */
  readonly now: () => number;
  /** Ends a connection with all that waits on it. */
  readonly end: (socket: Socket) => void;
}

/**
 * Answers that were given in full, and that their clients have not taken: one of each connection, which may be megabytes,
 * and there are many connections. When all together are too much, the connections end whose answers have cost most: bytes
 * times the time for which they have waited. A small answer never does.
 */
export class UnreadAnswers {
  readonly #options: UnreadAnswersOptions;
  /** Since when, by the connection. */
  readonly #waiting = new Map<Socket, number>();

  constructor(options: UnreadAnswersOptions) {
    this.#options = options;
  }

  /** Looks at an answer that has just been given in full. */
  note(response: ServerResponse): void {
    const { socket } = response;
    const { mostBytes, now, end } = this.#options;
    // Most are with the network at once.
    if (mostBytes === 0 || socket === null || socket.writableLength === 0) return;
    this.#waiting.set(socket, now());
    response.once('close', () => this.#waiting.delete(socket));
    while (this.#bytes() > mostBytes) {
      const costliest = this.#costliest();
      this.#waiting.delete(costliest);
      end(costliest);
    }
  }

  #bytes(): number {
    let sum = 0;
    for (const { writableLength } of this.#waiting.keys()) sum += writableLength;
    return sum;
  }

  #costliest(): Socket {
    const at = this.#options.now();
    const cost = ([socket, since]: [Socket, number]) => socket.writableLength * (at - since + 1);
    return [...this.#waiting].reduce((most, one) => (cost(one) > cost(most) ? one : most))[0];
  }
}
