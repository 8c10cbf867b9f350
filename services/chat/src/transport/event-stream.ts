import { randomUUID } from 'node:crypto';
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Socket as NetSocket } from 'node:net';
import { closeReason } from '@gongu/shared';
import { type Flusher, SendQueue } from './send-queue.ts';
import type { Framing, Inbound, Peer, Socket } from './socket.ts';

/** A text is a block of the stream already (`event: …`, `data: …`, an empty line), and blocks follow each other. */
const eventFraming: Framing = {
  key: 'event-stream',
  frame: (text) => Buffer.from(text),
  bytes: (text) => Buffer.byteLength(text),
  join: (frames) => (frames.length === 1 ? frames[0]! : Buffer.concat(frames)),
};

/**
 * A comment without an empty line: it goes before the next event. A block that has no data is an event without any to many
 * readers (fetch-event-source 2.0, httpx-sse 0.4, r3labs/sse 2.10), and their JSON.parse fails.
 */
const BEAT = Buffer.from(':\n');
/** Beats until a stream that was ended must have been read to its end. */
const ENDING_HEARTBEATS = 2;

export interface EventStreamOptions {
  /** All of the answer's: of event streams, CORS, the request's id. */
  readonly headers: OutgoingHttpHeaders;
  readonly peer: Peer;
  readonly flusher: Flusher;
  /** Milliseconds after which an `EventSource` that lost this stream opens the next one. */
  readonly retryMs: number;
}

/**
 * An answer of server-sent events (HTML, 9.2) as one half of a text channel: nothing comes from the client. The body ends
 * with the connection, so blocks go to the socket as they are, made once for all streams that get them.
 */
export class EventStream implements Socket {
  readonly id = randomUUID();
  readonly framing = eventFraming;
  readonly peer: Peer;
  readonly #response: ServerResponse;
  readonly #socket: NetSocket;
  readonly #queue: SendQueue;
  #closing = false;
  #heartbeatsLeft = ENDING_HEARTBEATS;

  constructor(request: IncomingMessage, response: ServerResponse, options: EventStreamOptions) {
    this.#response = response;
    this.#socket = request.socket;
    this.peer = options.peer;
    response.useChunkedEncodingByDefault = false;
    response.writeHead(200, options.headers);
    response.flushHeaders();
    this.#socket.setNoDelay(true);
    this.#queue = new SendQueue(this.#socket, options.flusher);
    // Some readers show nothing, not even that it is open, before the first bytes of the body. The first event ends it.
    this.send(`retry: ${Math.round(options.retryMs)}\n`);
  }

  listen(inbound: Inbound): void {
    this.#queue.onDrain(inbound);
    const over = () => {
      this.#closing = true;
      this.#queue.clear();
      inbound.closed(1006, '');
    };
    // Gone before anybody listened: nothing would ever tell of it again.
    if (this.#socket.destroyed) queueMicrotask(over);
    else this.#socket.once('close', over);
  }

  send(text: string): void {
    this.write(this.framing.frame(text));
  }

  write(framed: Buffer): void {
    if (!this.#closing) this.#queue.push(framed);
  }

  queuedBytes(): number {
    return this.#queue.bytes;
  }

  /** There is nothing to take from the client. */
  pause(): void {}

  /** Ends the stream with an event that says why, as a close frame does. */
  close(code: number, reason = ''): void {
    if (this.#closing) return;
    this.send(`event: closed\ndata: ${JSON.stringify({ code, reason: closeReason(reason) })}\n\n`);
    this.#closing = true;
    this.#queue.flush();
    this.#response.end();
  }

  terminate(): void {
    this.#closing = true;
    this.#socket.destroy();
  }

  /** A sign of life for the client and for proxies on the way. One that was ended and isn't read to its end is cut. */
  heartbeat(): void {
    if (this.#closing) {
      if (--this.#heartbeatsLeft <= 0) this.terminate();
    } else if (this.#queue.bytes === 0) this.#queue.push(BEAT);
  }
}
