import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Most that may wait on one connection, requests and bytes of their bodies; a connection with more is ended. */
const WAITING_MAX = 256;
const WAITING_BODY_BYTES = 1_048_576;
/** Taken for a body that does not say how long it is: as much as Node reads of it before anybody wants it. */
const UNTOLD_BODY_BYTES = 65_536;

/** One connection: whose turn it is, and what waits behind. */
export class Turns {
  readonly #socket: Socket;
  readonly #waiting: { start: () => void; bytes: number }[] = [];
  #waitingBytes = 0;
  #current: { request: IncomingMessage; response: ServerResponse } | null = null;
  #last: IncomingMessage | null = null;
  /** It has become a WebSocket, or is about to. */
  upgraded = false;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** The request that is being answered. */
  get current(): { request: IncomingMessage; response: ServerResponse } | null {
    return this.#current;
  }

  /** Whether nothing has been asked yet. */
  get unasked(): boolean {
    return this.#last === null && !this.upgraded;
  }

  /** Whether the client holds things up: its request has not come in full, or it does not read the answer. */
  get heldUp(): boolean {
    if (this.upgraded) return false;
    return this.#current === null || !this.#current.request.complete || this.#current.response.writableEnded;
  }

  /** Whether the last request was answered before it had come in full. */
  get answeredEarly(): boolean {
    return this.#current === null && this.#last !== null && !this.#last.complete;
  }

  /**
   * Has a request handled once the answers before it have been handed to the network: a client that asks and does not
   * read has one answer here, however much it asks.
   */
  take(request: IncomingMessage, response: ServerResponse, handle: () => void): void {
    this.next(() => {
      this.#current = { request, response };
      this.#last = request;
      response.once('close', () => {
        this.#current = null;
        this.#advance();
      });
      handle();
    }, bodyBytes(request));
  }

  /** Runs `start` after the answers to all that came before. */
  next(start: () => void, bytes = 0): void {
    if (this.#current === null && this.#waiting.length === 0) {
      start();
      return;
    }
    this.#waitingBytes += bytes;
    this.#waiting.push({ start, bytes });
    if (this.#waiting.length > WAITING_MAX || this.#waitingBytes > WAITING_BODY_BYTES) this.end();
  }

  /** Ends the connection with all that waits on it. */
  end(): void {
    this.#waiting.length = 0;
    this.#socket.destroy();
  }

  #advance(): void {
    if (this.#socket.destroyed) this.#waiting.length = 0;
    while (this.#current === null) {
      const next = this.#waiting.shift();
      if (!next) return;
      this.#waitingBytes -= next.bytes;
      next.start();
    }
  }
}

function bodyBytes({ headers }: IncomingMessage): number {
  if (headers['transfer-encoding'] !== undefined) return UNTOLD_BODY_BYTES;
  return Number(headers['content-length'] ?? 0) || 0;
}
