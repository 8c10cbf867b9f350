/** Headers of an answer of server-sent events (HTML, 9.2). */
export const EVENT_STREAM_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  // nginx would hold events back until its buffer is full.
  'x-accel-buffering': 'no',
  // The stream is the connection's last answer: kept alive after it, it would hold up a service that stops.
  connection: 'close',
} as const;
