import { z } from 'zod';
import { parseMessageId } from './message-id.ts';
import { codePoints, hasForbiddenCharacters } from './text.ts';

/** A room's id, which is its product's id. 1–64 of `A–Z a–z 0–9 _ -`: UUIDs, numbers and slugs all fit. */
export const RoomId = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, { error: 'must be 1 to 64 of A-Z a-z 0-9 _ -' });
export type RoomId = z.output<typeof RoomId>;

/** `RoomId` in a JSON body, where an integer is taken as its decimal text. */
export const RoomIdInput = z
  .preprocess(
    (value) => (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? String(value) : value),
    RoomId,
  )
  .meta(eitherKind('^[A-Za-z0-9_-]{1,64}$'));

/** For a document: a text of that pattern, or an integer. */
function eitherKind(pattern: string): Record<string, unknown> {
  const number = { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER };
  return { type: undefined, pattern: undefined, anyOf: [{ type: 'string', pattern }, number] };
}

/** Room ids that URLs use for something else (`/sub/channel/entry`). */
export const RESERVED_ROOM_IDS: ReadonlySet<string> = new Set(['entry']);

/** `RoomIdInput` of a room that is opened. */
export const NewRoomId = RoomIdInput.refine((id) => !RESERVED_ROOM_IDS.has(id), { error: 'is reserved' }).meta(
  eitherKind(`^(?!(?:${[...RESERVED_ROOM_IDS].join('|')})$)[A-Za-z0-9_-]{1,64}$`),
);

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

/** A caller's own reference: `ref`, `clientMessageId`. 1–64 characters, stored and echoed as they are. */
export const ClientRef = z
  .string()
  .min(1, { error: 'must not be empty' })
  .max(64, { error: 'must have at most 64 characters' })
  .refine((value) => !CONTROL.test(value) && !hasForbiddenCharacters(value), {
    error: 'must not contain control characters or a lone surrogate',
  })
  .meta({ pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f]+$' });

/**
 * A user's id: the token's `sub`. 1–255 characters, none of them a control character. `.` and `..` are refused: ids stand
 * in URL paths, and there those two mean another resource however they are escaped.
 */
export const UserId = z
  .string()
  .min(1, { error: 'must not be empty' })
  .refine((value) => value.length <= 510 && codePoints(value) <= 255, { error: 'must have at most 255 characters' })
  .refine((value) => !CONTROL.test(value) && !hasForbiddenCharacters(value), {
    error: 'must not contain control characters or a lone surrogate',
  })
  .refine((value) => value !== '.' && value !== '..', { error: 'must not be . or ..' })
  .meta({ maxLength: 255, pattern: '^(?!\\.{1,2}$)[^\\u0000-\\u001f\\u007f-\\u009f]+$' });
export type UserId = z.output<typeof UserId>;

/** Position in a room's sequence. The first is 1; 0 stands for "nothing yet". */
export const Seq = z.int({ error: 'must be a whole number from 0 on' }).min(0);

/** Position of a message that is there. */
export const MessageSeq = z.int({ error: 'must be a whole number from 1 on' }).min(1);

/** A `messageId` as input. */
export const MessageId = z
  .string()
  .refine((value) => parseMessageId(value) !== null, { error: 'must be a message id: roomId:seq' })
  .meta({ pattern: '^[A-Za-z0-9_-]{1,64}:[1-9][0-9]{0,14}$' });
