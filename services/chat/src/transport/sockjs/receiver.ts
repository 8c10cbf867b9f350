import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';

export type ReceiverKind = 'xhr' | 'xhr_streaming' | 'eventsource';

/**
 * How a transport puts frames into an HTTP answer (SockJS 0.3.3, XhrPolling, XhrStreaming, EventSource). `escapes`:
 * sockjs-client runs `decodeURI` over each event of an event stream (1.6.1, lib/transport/receiver/eventsource.js), so a
 * `%` must be escaped there, or `50% off` throws in the client and the event is lost.
 */
const STYLES = {
  xhr: {
    type: 'application/javascript; charset=UTF-8',
    prelude: '',
    before: '',
    after: '\n',
    streams: false,
    escapes: false,
  },
  xhr_streaming: {
    type: 'application/javascript; charset=UTF-8',
    // Some browsers show nothing of a stream before 2 KiB of it have come.
    prelude: `${'h'.repeat(2_048)}\n`,
    before: '',
    after: '\n',
    streams: true,
    escapes: false,
  },
  eventsource: {
    type: 'text/event-stream',
    prelude: '\r\n',
    before: 'data: ',
    after: '\r\n\r\n',
    streams: true,
    escapes: true,
  },
} as const;

/** The last frame of an answer of which whole lines are written, and in which another instance was to write on. */
export function lastWords(kind: ReceiverKind, frame: string): Buffer {
  const { before, after } = STYLES[kind];
  // Of the two line ends after an event perhaps one has come.
  return Buffer.from(`${kind === 'eventsource' ? '\r\n' : ''}${before}${frame}${after}`);
}

export interface ReceiverEvents {
  /** The client went away before the answer was complete. */
  broken(): void;
  /** What was written has been taken. */
  drained(): void;
  /** The answer was complete, and now all of it has been taken, or nobody will. */
  finished(): void;
}

/** One HTTP answer that receives a session's frames: a single one, or a stream of them. */
export class Receiver {
  readonly #response: ServerResponse;
  readonly #style: (typeof STYLES)[ReceiverKind];
  readonly #limitBytes: number;
  #sentBytes = 0;
  #ended: boolean;

  /** `limitBytes` of frames in one stream; then it ends, so that the client's copy of it doesn't grow for ever. */
  constructor(response: ServerResponse, kind: ReceiverKind, headers: OutgoingHttpHeaders, limitBytes: number) {
    this.#response = response;
    this.#style = STYLES[kind];
    this.#limitBytes = limitBytes;
    // The client is gone already, and nothing would ever tell of it again.
    this.#ended = response.destroyed;
    if (this.#ended) return;
    // nginx would hold a stream back until its buffer is full.
    const unbuffered = this.#style.streams ? { 'x-accel-buffering': 'no' } : {};
    response.writeHead(200, { ...headers, ...unbuffered, 'content-type': this.#style.type });
    if (this.#style.prelude !== '') response.write(this.#style.prelude);
  }

  listen(events: ReceiverEvents): void {
    this.#response.once('close', () => {
      if (this.#ended) return events.finished();
      this.#ended = true;
      events.broken();
    });
    this.#response.on('drain', () => events.drained());
  }

  /** Takes no more frames: the answer is complete, or full. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Of a complete answer: something of it has not been taken yet. */
  get unread(): boolean {
    return this.#ended && !this.#response.writableFinished && !this.#response.destroyed;
  }

  /** The client reads more slowly than it is written to. */
  get blocked(): boolean {
    return this.#response.writableNeedDrain;
  }

  get queuedBytes(): number {
    return this.#response.writableLength;
  }

  frame(frame: string | Buffer): void {
    if (this.#ended) return;
    const { before, after, streams, escapes } = this.#style;
    const body = escapes && frame.includes('%') ? frame.toString().replaceAll('%', '%25') : frame;
    const text = Buffer.concat([Buffer.from(before), Buffer.from(body), Buffer.from(after)]);
    this.#sentBytes += text.length;
    if (streams) this.#response.write(text);
    if (!streams) this.end(text);
    else if (this.#sentBytes >= this.#limitBytes) this.end();
  }

  end(last?: Buffer): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#response.end(last);
  }

  /** Ends the connection without a word. */
  destroy(): void {
    this.#ended = true;
    this.#response.destroy();
  }
}
