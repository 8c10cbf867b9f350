import { z } from 'zod';
import { UserId } from './ids.ts';
import { LIMITS } from './limits.ts';
import { hasForbiddenCharacters, text } from './text.ts';
import { PublicUser } from './user.ts';

/** A text of at most `max` code points that can be stored. */
const storable = (max: number) =>
  z
    .string()
    .max(max)
    .refine((value) => !hasForbiddenCharacters(value));

/** Claims of a user's token, without those that are null or empty. Whether it is in time is not looked at here. */
export const UserClaims = z.object({
  sub: UserId,
  exp: z.number(),
  nickname: storable(LIMITS.nicknameChars).min(1).optional(),
  tag: storable(16).nullish(),
  roles: z.array(storable(64)).max(16).optional(),
  anon: z.boolean().optional(),
});

/** The nickname of a token that names none: the first 8 characters of `sub`. */
export function defaultNickname(userId: string): string {
  return [...userId].slice(0, 8).join('');
}

/** Body of `POST /api/chat/tokens/anonymous`. */
export const AnonymousTokenRequest = z
  .object({ token: text(8_192, 0).nullish() })
  .meta({ id: 'AnonymousTokenRequest' });

/** Its answer. `renewed` false: the token that was sent is still good and comes back unchanged. */
export const AnonymousTokenAnswer = z
  .object({ token: z.string(), user: PublicUser, expiresAt: z.string(), renewed: z.boolean() })
  .meta({ id: 'AnonymousToken' });

/** Answer of `POST /api/chat/tickets`: good once, for 30 seconds. */
export const TicketAnswer = z.object({ ticket: z.string(), expiresAt: z.string() }).meta({ id: 'Ticket' });
