import { z } from 'zod';
import { Instant } from './instant.ts';
import { LIMITS } from './limits.ts';
import { text } from './text.ts';
import { PublicUser } from './user.ts';

/** MUTE: says nothing in the room. BAN: is not in it, and may not look. */
const RestrictionKind = z.enum(['MUTE', 'BAN']);

/** Body of `PUT …/restrictions/:userId`. Without `until` it lasts until it is taken away. */
export const RestrictUser = z
  .object({
    kind: RestrictionKind,
    until: Instant.nullish().meta({ description: 'a time to come, by the clock of the database' }),
    reason: text(LIMITS.reasonChars)
      .nullish()
      .meta({ description: 'for those who may list restrictions; never told in the room' }),
  })
  .meta({ id: 'RestrictUser' });
export type RestrictUser = z.output<typeof RestrictUser>;

/** How somebody is restricted in a room; one restriction a user and room. */
export const Restriction = z
  .object({
    user: PublicUser,
    kind: RestrictionKind,
    until: z.string().nullable(),
    reason: z.string().nullable(),
    /** Who did it; null: the service. */
    byUserId: z.string().nullable(),
    createdAt: z.string(),
  })
  .meta({ id: 'Restriction' });
export type Restriction = z.output<typeof Restriction>;
