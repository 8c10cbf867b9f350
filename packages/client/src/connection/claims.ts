import type { PublicUser } from '@gongu/shared';

/** Who a token says its bearer is. Not verified: good for showing and for keys of storage, never for a decision. */
export interface Claims extends PublicUser {
  /** Epoch milliseconds at which the token ends. */
  readonly expiresAtMs: number;
  readonly isAdmin: boolean;
}

/** The claims of a user's token; null when it can't be read. */
export function readClaims(token: string): Claims | null {
  try {
    const base64 = token.split('.')[1]!.replace(/-/g, '+').replace(/_/g, '/');
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    const { sub, exp, nickname, tag, roles, anon } = JSON.parse(new TextDecoder().decode(bytes)) as Record<
      string,
      unknown
    >;
    if (typeof sub !== 'string' || typeof exp !== 'number') return null;
    return {
      userId: sub,
      nickname: typeof nickname === 'string' ? nickname : [...sub].slice(0, 8).join(''),
      tag: typeof tag === 'string' ? tag : null,
      expiresAtMs: exp * 1_000,
      isAdmin: anon !== true && Array.isArray(roles) && roles.includes('admin'),
    };
  } catch {
    return null;
  }
}
