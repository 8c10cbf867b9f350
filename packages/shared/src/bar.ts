import { z } from 'zod';
import { UserId } from './ids.ts';
import { Instant } from './instant.ts';
import { LIMITS } from './limits.ts';
import { text } from './text.ts';

/** Body of `PUT …/users/:userId/block`. Without `until` it lasts until it is taken away. */
export const BlockUser = z
  .object({
    until: Instant.nullish().meta({ description: 'a time to come, by the clock of the database' }),
    reason: text(LIMITS.reasonChars).nullish(),
  })
  .meta({ id: 'BlockUser' });
export type BlockUser = z.output<typeof BlockUser>;

/** How a user's tokens are refused in a service. */
export const UserBar = z
  .object({
    userId: z.string(),
    /** All of them. */
    block: z.object({ until: z.string().nullable(), reason: z.string().nullable() }).nullable(),
    /** Those issued up to this second, and those that don't say when they were. */
    revokedAt: z.string().nullable(),
  })
  .meta({ id: 'UserBar' });
export type UserBar = z.output<typeof UserBar>;

/** A user in a path. */
export const UserPath = z.object({ userId: UserId });
