import { AppError, type PublicUser, publicUser, type User } from '@gongu/shared';
import { randomNickname } from './nickname.ts';
import type { TagStore } from './ports/tag-store.ts';

/** What anonymous identities are signed and read with. */
export interface AnonymousTokens {
  /** @throws AppError when the token is not a valid one of any user; BLOCKED, TOKEN_REVOKED */
  verify(token: string): Promise<User>;
  /**
   * The identity of an anonymous token that is genuine but has expired, and is not too old; null for anything else.
   * @throws AppError BLOCKED, TOKEN_REVOKED
   */
  readExpired(token: string): Promise<User | null>;
  sign(user: PublicUser): Promise<{ token: string; expiresAtMs: number }>;
}

export interface AnonymousOptions {
  readonly tokens: AnonymousTokens;
  readonly tags: TagStore;
  readonly newId: () => string;
  readonly random: (below: number) => number;
}

/** Nicknames tried before giving up; each has 10 000 tags. */
const NICKNAMES_TRIED = 5;

export interface AnonymousIdentity {
  readonly token: string;
  readonly user: PublicUser;
  readonly expiresAt: string;
  /** False: the token that was sent is still good. */
  readonly renewed: boolean;
}

/** Identities without an account: kept while valid, renewed when expired, else made anew. */
export function createAnonymous({ tokens, tags, newId, random }: AnonymousOptions) {
  async function freshUser(visitor: boolean): Promise<PublicUser> {
    const userId = `anon-${newId()}`;
    for (let i = 0; i < NICKNAMES_TRIED; i++) {
      const nickname = randomNickname(random);
      const tag = await tags.claim(nickname, { userId, visitor });
      if (tag !== null) return { userId, nickname, tag };
    }
    throw new AppError('UNAVAILABLE', { detail: 'No nickname is free', retryAfterMs: 1_000 });
  }

  /** The same person; with another tag where nobody used the old one for so long that it was given away. */
  async function renewed(user: PublicUser): Promise<PublicUser | null> {
    if (user.tag !== null && (await tags.keep(user))) return user;
    const tag = await tags.claim(user.nickname, { userId: user.userId, visitor: false });
    return tag === null ? null : { ...user, tag };
  }

  /**
   * `token` valid: the same one back. Genuine, expired and not too old: same `sub`, nickname and tag. Else a new
   * identity; that of a `visitor` is for a socket that came without a token.
   * @throws AppError BLOCKED, TOKEN_REVOKED: who is sent away by name is not renewed
   */
  return async (token: string | null, { visitor = false } = {}): Promise<AnonymousIdentity> => {
    const valid = token === null ? null : await tokens.verify(token).catch(onlyGood);
    if (valid && token !== null) {
      if (valid.anon && valid.tag !== null) await tags.keep(publicUser(valid));
      return { token, user: publicUser(valid), expiresAt: new Date(valid.expiresAtMs).toISOString(), renewed: false };
    }
    const expired = token === null ? null : await tokens.readExpired(token);
    const user = (expired && (await renewed(publicUser(expired)))) ?? (await freshUser(visitor));
    const signed = await tokens.sign(user);
    return { token: signed.token, user, expiresAt: new Date(signed.expiresAtMs).toISOString(), renewed: true };
  };
}

function onlyGood(error: unknown): null {
  if (error instanceof AppError && (error.code === 'BLOCKED' || error.code === 'TOKEN_REVOKED')) throw error;
  return null;
}

export type Anonymous = ReturnType<typeof createAnonymous>;
