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

/** How far the erasure of a person is in a service. */
export const Erasure = z
  .object({
    id: z.string(),
    status: z
      .enum(['RUNNING', 'WAITING', 'DONE'])
      .meta({ description: 'WAITING: what is held for a legal reason, or still open, is left; it goes on by itself' }),
    pseudonym: z.string().meta({ description: 'what stands in place of the user id where records stay' }),
    counts: z.record(z.string(), z.int()).meta({ description: 'what was done so far, by its kind' }),
    waitsFor: z.record(z.string(), z.int()).meta({ description: 'what is left, and why; empty unless WAITING' }),
    requestedAt: z.string(),
    finishedAt: z.string().nullable(),
  })
  .meta({ id: 'Erasure' });
export type Erasure = z.output<typeof Erasure>;

/** An erasure in a path. */
export const ErasurePath = z.object({
  id: z.string().regex(/^[1-9][0-9]{0,17}$/, { error: 'must be the id of an erasure' }),
});
