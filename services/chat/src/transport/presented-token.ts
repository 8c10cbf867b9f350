import type { IncomingHttpHeaders } from 'node:http';

/** What an upgrade or request presented to say who it is. Never log it. */
export type Presented = { readonly kind: 'token' | 'ticket'; readonly value: string };

const BEARER_SUBPROTOCOL = 'bearer.';

/** Subprotocols offered, in the client's order. */
export function offeredSubprotocols(headers: IncomingHttpHeaders): string[] {
  const header = headers['sec-websocket-protocol'];
  return (Array.isArray(header) ? header.join(',') : (header ?? ''))
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

/** Offered subprotocols without those that only carry a token: these are never echoed. */
export function realSubprotocols(offered: readonly string[]): string[] {
  return offered.filter((name) => !name.startsWith(BEARER_SUBPROTOCOL));
}

/**
 * The token or ticket of an upgrade, if any: subprotocol `bearer.<jwt>`, `?ticket=`, `?token=` (a leading `Bearer ` is
 * dropped), `Authorization` header, in this order. An empty one counts as none.
 */
export function presentedToken(headers: IncomingHttpHeaders, query: URLSearchParams): Presented | null {
  const carrier = offeredSubprotocols(headers).find((name) => name.startsWith(BEARER_SUBPROTOCOL));
  if (carrier) return { kind: 'token', value: carrier.slice(BEARER_SUBPROTOCOL.length) };
  const ticket = query.get('ticket');
  if (ticket) return { kind: 'ticket', value: ticket };
  const token = query.get('token') || headers.authorization;
  if (!token) return null;
  const value = token.replace(/^Bearer\s+/i, '').trim();
  return value === '' ? null : { kind: 'token', value };
}
