import { CLOSE, closeReason } from '@gongu/shared';
import type { Framing, Inbound, Peer, Socket } from '../socket.ts';
import { textFrame, wsFraming } from '../ws-framing.ts';
import type { SocketWatch, WsSocket } from '../ws-socket.ts';
import { closeFrame, decode, HEARTBEAT, sockJsWsFraming } from './frames.ts';
import type { RawClient } from './options.ts';

export interface SockJsWebSocketOptions {
  /** From the start without SockJS framing. */
  readonly raw: boolean;
  /** Whether a first frame without SockJS framing can be served. */
  readonly recognise: (frame: string | Uint8Array) => RawClient | null;
  /** The client speaks without framing where it is expected: `protocol` is served, null is not. */
  readonly onMismatch: (protocol: string | null) => void;
  readonly frameBytes: number;
  readonly ceilingBytes: number;
}

const HEARTBEAT_FRAME = textFrame(HEARTBEAT);
const UNREADABLE = 'not SockJS: send JSON arrays of strings here, or begin with a raw STOMP or JSON frame';

/** A WebSocket with SockJS framing, or without: a client that begins raw on a SockJS URL is served raw. */
export class SockJsWebSocket implements Socket {
  readonly id: string;
  readonly peer: Peer;
  readonly #inner: WsSocket;
  readonly #options: SockJsWebSocketOptions;
  #raw: boolean;
  #first = true;
  #closing = false;

  constructor(inner: WsSocket, options: SockJsWebSocketOptions) {
    this.id = inner.id;
    this.peer = inner.peer;
    this.#inner = inner;
    this.#options = options;
    this.#raw = options.raw;
  }

  /** Changes when the socket turns raw, which is before its first frame is handed on. */
  get framing(): Framing {
    return this.#raw ? wsFraming : sockJsWsFraming;
  }

  listen(inbound: Inbound, watch: SocketWatch): void {
    this.#inner.listen(
      {
        frame: (data) => (this.#raw ? this.#pass(data, inbound) : this.#read(data, inbound)),
        drained: () => inbound.drained(),
        closed: (code, reason) => inbound.closed(code, reason),
      },
      watch,
    );
  }

  send(text: string): void {
    this.write(this.framing.frame(text));
  }

  write(framed: Buffer): void {
    if (this.#closing) return;
    this.#inner.write(framed);
    if (this.#inner.queuedBytes() <= this.#options.ceilingBytes) return;
    // It would take the close frame no sooner than all the rest.
    this.#closing = true;
    this.#inner.close(CLOSE.slowConsumer, 'too slow');
    this.#inner.terminate();
  }

  queuedBytes(): number {
    return this.#inner.queuedBytes();
  }

  pause(paused: boolean): void {
    this.#inner.pause(paused);
  }

  close(code: number, reason = ''): void {
    if (this.#closing) return;
    this.#closing = true;
    if (!this.#raw) this.#inner.write(textFrame(closeFrame(code, closeReason(reason))));
    this.#inner.close(sendable(code) ? code : CLOSE.normal, reason);
  }

  terminate(): void {
    this.#closing = true;
    this.#inner.terminate();
  }

  /** A sign of life to the client, and one asked of it. */
  heartbeat(): void {
    if (!this.#raw && !this.#closing) this.#inner.write(HEARTBEAT_FRAME);
    this.#inner.ping();
  }

  #read(data: string | Uint8Array, inbound: Inbound): void {
    if (data.length === 0 || this.#closing) return;
    if (this.#first && this.#turnsRaw(data)) return this.#pass(data, inbound);
    this.#first = false;
    const messages = decode(data);
    if (!messages) return this.#unreadable(typeof data === 'string' ? data : Buffer.from(data).toString());
    for (const message of messages) this.#pass(message, inbound);
  }

  /** What is in the framing, or had none, is as large as a frame may be; the framing itself may be larger. */
  #pass(frame: string | Uint8Array, inbound: Inbound): void {
    if (this.#closing) return;
    const bytes = typeof frame === 'string' ? Buffer.byteLength(frame) : frame.length;
    if (bytes > this.#options.frameBytes) return this.close(CLOSE.tooBig, 'message too big');
    inbound.frame(frame);
  }

  #turnsRaw(frame: string | Uint8Array): boolean {
    const client = this.#options.recognise(frame);
    if (!client) return false;
    this.#raw = true;
    if (client.preamble !== '') this.#inner.write(textFrame(client.preamble));
    this.#options.onMismatch(client.protocol);
    return true;
  }

  #unreadable(text: string): void {
    // SockJS framing with broken JSON in it ends the socket without a frame (SockJS 0.3.3, test_broken_json).
    if (/^\s*["[]/.test(text)) {
      this.#closing = true;
      return this.#inner.close(CLOSE.badFrame, 'broken JSON');
    }
    this.#options.onMismatch(null);
    this.close(CLOSE.badFrame, UNREADABLE);
  }
}

/** Codes that may stand in a close frame (RFC 6455 §7.4). */
function sendable(code: number): boolean {
  if (code >= 3000 && code <= 4999) return true;
  return code >= 1000 && code <= 1014 && ![1004, 1005, 1006].includes(code);
}
