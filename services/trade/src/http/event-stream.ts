import { type Clock, EVENT_STREAM_HEADERS } from '@gongu/host';
import type { FastifyReply } from 'fastify';

export interface EventStreamOptions {
  clock: Clock;
  /** Milliseconds between comments that keep proxies from closing a silent connection. */
  heartbeatMs: number;
  /** Bytes that may wait for a slow reader; beyond them its connection is cut, and it comes back with its last id. */
  queueBytes: number;
}

export interface StreamEvent {
  /** What the reader sends as `Last-Event-ID` when it comes back. */
  readonly id: number;
  readonly event: string;
  /** JSON text. */
  readonly data: string;
}

export interface EventStream {
  send(event: StreamEvent): void;
  /** Ends the stream by an event `reconnect`; the reader comes back after `retryMs`. */
  end(retryMs: number): void;
  /** Resolves when the connection is gone, whoever closed it. */
  readonly closed: Promise<void>;
}

/**
 * Turns an answer into a stream of server-sent events (HTML, 9.2). From here on the reply is ours: Fastify neither
 * serialises nor ends it. Headers that hooks have set go out with it.
 */
export function openEventStream(reply: FastifyReply, options: EventStreamOptions): EventStream {
  const { clock, heartbeatMs, queueBytes } = options;
  reply.hijack();
  const { raw } = reply;
  for (const [name, value] of Object.entries(reply.getHeaders())) if (value !== undefined) raw.setHeader(name, value);
  raw.writeHead(200, EVENT_STREAM_HEADERS);
  // Headers alone would wait in the socket for the first event. Comments go before the next event, without an empty line
  // of their own: a block that has no data is an event without any to many readers, and their JSON.parse fails.
  write(': hello\n');
  const heartbeat = clock.setInterval(() => write(': still here\n'), heartbeatMs);
  // The connection may break at any write; `close` follows and is all that is needed.
  raw.on('error', () => {});
  const closed = new Promise<void>((resolve) => {
    if (raw.destroyed) resolve();
    else raw.once('close', resolve);
  }).finally(() => clock.clear(heartbeat));

  function write(text: string): void {
    if (raw.writableEnded || raw.destroyed) return;
    raw.write(text);
    if (raw.writableLength > queueBytes) raw.destroy();
  }

  return {
    send: ({ id, event, data }) => write(`id: ${id}\nevent: ${event}\ndata: ${data}\n\n`),
    end(retryMs) {
      const afterMs = Math.round(retryMs);
      write(`retry: ${afterMs}\nevent: reconnect\ndata: ${JSON.stringify({ afterMs })}\n\n`);
      raw.end();
    },
    closed,
  };
}
