import type { Clock, Timer } from '@gongu/host';
import { type Event, mayReturn } from '@gongu/shared';
import { WebSocket } from 'ws';

export interface ReturningSocketOptions {
  /** Where to connect, one after the other. */
  readonly urls: readonly string[];
  readonly clock: Clock;
  /** 0 to below 1; spreads the returns. */
  readonly random: () => number;
  /** Bound of the first wait; it doubles with every failure. */
  readonly firstReturnMs: number;
  readonly mostReturnMs: number;
  /** The socket is open. */
  readonly onOpen: () => void;
  readonly onFrame: (frame: Event) => void;
  /** Something came that is no frame. */
  readonly onUnreadable: (text: string) => void;
  /** The connection is gone, and there will be another. */
  readonly onLost: (reason: string) => void;
  /** There will be no other: the server wants none. */
  readonly onEnded: (reason: string) => void;
}

const HANDSHAKE_MS = 10_000;
/** The server says something within one heartbeat; after two and a half the connection counts as dead. */
const SILENT_HEARTBEATS = 2.5;
/** Answers to an upgrade that a later attempt would get as well. */
const FINAL_STATUS = new Set([400, 401, 403, 404, 426]);

/** A WebSocket that comes back by itself, as the close codes say: with full jitter, or after what `reconnect` names. */
export function createReturningSocket(options: ReturningSocketOptions) {
  const { urls, clock, random, firstReturnMs, mostReturnMs } = options;
  let socket: WebSocket | undefined;
  let timer: Timer | undefined;
  let watch: Timer | undefined;
  let aliveAtMs = 0;
  let attempts = 0;
  let failures = 0;
  let returnAfterMs: number | null = null;
  let over = false;

  function connect(): void {
    const current = new WebSocket(urls[attempts++ % urls.length]!, ['gongu.v1'], {
      handshakeTimeout: HANDSHAKE_MS,
      perMessageDeflate: false,
    });
    socket = current;
    let status = 0;
    let error = '';
    current.on('unexpected-response', (_, response) => {
      status = response.statusCode ?? 0;
      current.terminate(); // 'close' follows
    });
    current.on('error', (cause) => {
      error = cause.message;
    });
    current.on('open', () => {
      aliveAtMs = clock.monotonic();
      options.onOpen();
    });
    current.on('ping', () => {
      aliveAtMs = clock.monotonic();
    });
    current.on('message', (data) => {
      aliveAtMs = clock.monotonic();
      const text = String(data);
      const frame = parse(text);
      if (frame) options.onFrame(frame);
      else options.onUnreadable(text);
    });
    current.on('close', (code, reason) => {
      if (socket !== current) return;
      socket = undefined;
      clock.clear(watch);
      watch = undefined;
      if (over) return;
      const why = status ? `refused with ${status}` : reason.length > 0 ? `${code} ${reason}` : error || String(code);
      if (FINAL_STATUS.has(status) || !mayReturn(code)) {
        over = true;
        return options.onEnded(why);
      }
      options.onLost(why);
      comeBack();
    });
  }

  function comeBack(): void {
    const boundMs = Math.min(mostReturnMs, firstReturnMs * 2 ** failures);
    const waitMs = returnAfterMs ?? random() * boundMs;
    failures += 1;
    returnAfterMs = null;
    timer = clock.setTimeout(connect, waitMs);
  }

  connect();
  return {
    send(frame: object): void {
      if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(frame));
    },
    /** The connection serves; the next loss waits the shortest time again. @param heartbeatMs as `ready` says */
    serves(heartbeatMs: number): void {
      failures = 0;
      const current = socket;
      clock.clear(watch);
      watch = clock.setInterval(() => {
        if (clock.monotonic() - aliveAtMs > heartbeatMs * SILENT_HEARTBEATS) current?.terminate();
      }, heartbeatMs);
    },
    /** The server has said when to come back. */
    returnAfter(ms: number): void {
      returnAfterMs = ms;
    },
    /** Cuts the connection, as a tunnel does; it comes back. */
    cut: () => socket?.terminate(),
    /** Closes, and stays away. */
    close(): void {
      over = true;
      clock.clear(timer);
      clock.clear(watch);
      const last = socket;
      last?.close(1000);
      // One who does not answer would keep the process.
      setTimeout(() => last?.terminate(), 2_000).unref();
    },
    /** URLs that were tried. */
    get attempts() {
      return attempts;
    },
  };
}

function parse(text: string): Event | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && 'type' in value ? (value as Event) : undefined;
  } catch {
    return undefined;
  }
}
