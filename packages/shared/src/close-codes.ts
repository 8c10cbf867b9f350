/**
 * WebSocket close codes. The range tells a client whether to come back, so that it does the right thing with a code it
 * has never seen: 4000–4499 come back (with full jitter), 4500–4999 stay away. Standard codes keep their meaning.
 */
export const CLOSE = {
  normal: 1000,
  goingAway: 1001,
  tooBig: 1009,
  internal: 1011,
  restart: 1012,
  draining: 4001,
  silent: 4002,
  slowConsumer: 4008,
  tooManyFrames: 4029,
  tokenExpired: 4101,
  badFrame: 4500,
  unauthenticated: 4501,
  removed: 4503,
  noSuchRoom: 4504,
  blocked: 4505,
} as const;
export type CloseCode = (typeof CLOSE)[keyof typeof CLOSE];

/** Whether a client that was closed with `code` should connect again by itself. */
export function mayReturn(code: number): boolean {
  if (code >= 4500 && code <= 4999) return false;
  return code !== CLOSE.normal && code !== CLOSE.tooBig;
}
