import type { IncomingMessage } from 'node:http';

export interface ComingBodiesOptions {
  /** Most bytes of bodies that are kept until the rest of them has come, of all connections together; 0 = any number. */
  readonly mostBytes: number;
  /** Milliseconds that only grow. */
  readonly now: () => number;
  /** Tells a client that its request takes too long, and ends its connection. */
  readonly end: (request: IncomingMessage) => void;
}

interface Coming {
  /** How long it says that it is. */
  readonly length: number;
  readonly sinceMs: number;
  /** Bytes of its connection when it was noted. */
  readonly bytesBefore: number;
}

/** Milliseconds between two looks at bodies that have not come in full. */
const LOOK_MS = 100;
/** Taken for what had come of a body before it was noted: as much as Node reads of it before anybody wants it. */
const READ_AHEAD_BYTES = 65_536;

/**
 * Bodies that are kept in memory until the rest of them has come: a client may take its time, and there may be many. When
 * all together are too much, those requests end that have cost most: bytes times the time for which they have been coming.
 */
export class ComingBodies {
  readonly #options: ComingBodiesOptions;
  readonly #coming = new Map<IncomingMessage, Coming>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ComingBodiesOptions) {
    this.#options = options;
  }

  /** A request whose body is kept from now on. */
  note(request: IncomingMessage): void {
    const { headers, socket } = request;
    const length = headers['transfer-encoding'] === undefined ? Number(headers['content-length'] ?? 0) : Infinity;
    if (this.#options.mostBytes === 0 || request.complete || length === 0) return;
    this.#coming.set(request, { length, sinceMs: this.#options.now(), bytesBefore: socket.bytesRead });
    request.once('close', () => this.#coming.delete(request));
    this.#timer ??= setInterval(() => this.#look(), LOOK_MS).unref();
  }

  #look(): void {
    const { mostBytes, end } = this.#options;
    for (const request of this.#coming.keys()) if (request.complete) this.#coming.delete(request);
    while (this.#bytes() > mostBytes) {
      const costliest = this.#costliest();
      this.#coming.delete(costliest);
      end(costliest);
    }
    if (this.#coming.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #bytes(): number {
    let sum = 0;
    for (const one of this.#coming) sum += bytesOf(one);
    return sum;
  }

  #costliest(): IncomingMessage {
    const at = this.#options.now();
    const cost = (one: [IncomingMessage, Coming]) => bytesOf(one) * (at - one[1].sinceMs + 1);
    return [...this.#coming].reduce((most, one) => (cost(one) > cost(most) ? one : most))[0];
  }
}

function bytesOf([{ socket }, { length, bytesBefore }]: [IncomingMessage, Coming]): number {
  return Math.min(length, READ_AHEAD_BYTES + socket.bytesRead - bytesBefore);
}
