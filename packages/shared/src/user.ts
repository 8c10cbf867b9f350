import { z } from 'zod';

/** How a user is shown: beside a message, in a participant list. */
export const PublicUser = z
  .object({ userId: z.string(), nickname: z.string(), tag: z.string().nullable() })
  .meta({ id: 'PublicUser' });
export type PublicUser = z.output<typeof PublicUser>;

/** What a verified token says. */
export interface User extends PublicUser {
  /** `seller`, `admin`. */
  readonly roles: readonly string[];
  /** An identity without an account: may talk, may not buy. */
  readonly anon: boolean;
  /** Made for a socket that presented nothing: its memberships end some minutes after it was last seen. */
  readonly visitor?: boolean;
  /** Seconds of 1970 at which the token was issued; absent where it does not say so. */
  readonly issuedAtS?: number;
  /** Epoch milliseconds at which the token ends. */
  readonly expiresAtMs: number;
}

/** `user` without what only the server needs. */
export function publicUser({ userId, nickname, tag }: PublicUser): PublicUser {
  return { userId, nickname, tag };
}
