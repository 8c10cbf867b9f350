import { STOMP_VERSIONS, type StompVersion } from './frame.ts';

type Headers = ReadonlyMap<string, string>;

/**
 * The highest version that both sides speak, whatever the client's order; null when there is none. stompjs escapes
 * headers in 1.2 only, so a lower one than necessary would break its frames. No list means 1.0.
 */
export function negotiateVersion(accepted: string | undefined): StompVersion | null {
  if (accepted === undefined) return '1.0';
  const wanted = accepted.split(',').map((version) => version.trim());
  return STOMP_VERSIONS.findLast((version) => wanted.includes(version)) ?? null;
}

/** What this end offers: milliseconds between the beats it can send, and between those it wants to get; 0 = none. */
export interface HeartbeatOffer {
  readonly sendMs: number;
  readonly expectMs: number;
}

/**
 * Intervals that both sides agree to: the slower of what one can send and the other wants, none where either has 0
 * (STOMP 1.2, Heart-beating). Null: the header is malformed.
 */
export function negotiateHeartbeat(header: string | undefined, own: HeartbeatOffer): HeartbeatOffer | null {
  const match = /^\s*([0-9]{1,10})\s*,\s*([0-9]{1,10})\s*$/.exec(header ?? '0,0');
  if (!match) return null;
  const [canSend, wants] = [Number(match[1]), Number(match[2])];
  return {
    sendMs: own.sendMs === 0 || wants === 0 ? 0 : Math.max(own.sendMs, wants),
    expectMs: own.expectMs === 0 || canSend === 0 ? 0 : Math.max(own.expectMs, canSend),
  };
}

/**
 * The token of a CONNECT: `Authorization` (a leading `Bearer ` is dropped), else `passcode`; null when there is none.
 * `known`: the upgrade already said who it is. Then a passcode that can't be a token is the habitual `guest` of a
 * client that was told to fill something in.
 */
export function connectToken(headers: Headers, known: boolean): string | null {
  const authorization = headers.get('Authorization') ?? headers.get('authorization');
  const bearer = (authorization ?? '').trim().replace(/^Bearer(\s+|$)/i, '');
  if (bearer !== '') return bearer;
  const passcode = (headers.get('passcode') ?? '').trim().replace(/^Bearer(\s+|$)/i, '');
  if (passcode === '') return null;
  return known && passcode.split('.').length !== 3 ? null : passcode;
}
