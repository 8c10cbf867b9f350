import { z } from 'zod';
import { Emoji } from './emoji.ts';
import { ClientRef, MessageSeq, RoomIdInput, Seq } from './ids.ts';
import { FRAME_LIMITS, LIMITS } from './limits.ts';
import { editBody, saysSomething, sendBody } from './message.ts';
import { text } from './text.ts';

const ref = ClientRef.optional();
/** Most bytes of the answer's frame, as it is on the wire. */
const maxBytes = z
  .int({ error: 'must be a whole number' })
  .min(FRAME_LIMITS.leastMaxBytes, { error: `must be at least ${FRAME_LIMITS.leastMaxBytes}` })
  .nullish();

/** The room's as `after` was its; another one's `after` counts as none. */
const epoch = z.string().max(64).nullish();

/**
 * Frames that a client sends in `gongu.v1`, by `type`. `maxChars` is the longest text in code points. Unknown fields
 * are ignored; an unknown `type` is UNKNOWN_TYPE.
 */
export function commandSchemas(maxChars: number) {
  const room = { ref, roomId: RoomIdInput };
  return {
    auth: z.object({ type: z.literal('auth'), ref, token: text(8_192) }),
    join: z.object({ type: z.literal('join'), ...room, after: Seq.nullish(), epoch, maxBytes }),
    watch: z.object({ type: z.literal('watch'), ...room, after: Seq.nullish(), epoch, maxBytes }),
    unwatch: z.object({ type: z.literal('unwatch'), ...room }),
    send: saysSomething(sendBody(maxChars).extend({ type: z.literal('send'), ...room })),
    edit: editBody(maxChars).extend({ type: z.literal('edit'), ...room, seq: MessageSeq }),
    delete: z.object({ type: z.literal('delete'), ...room, seq: MessageSeq }),
    react: z.object({ type: z.literal('react'), ...room, seq: MessageSeq, emoji: Emoji, on: z.boolean() }),
    pin: z.object({ type: z.literal('pin'), ...room, seq: MessageSeq, on: z.boolean() }),
    typing: z.object({ type: z.literal('typing'), ...room, typing: z.boolean() }),
    read: z.object({ type: z.literal('read'), ...room, seq: Seq }),
    history: z
      .object({
        type: z.literal('history'),
        ...room,
        before: z.int().min(1).nullish(),
        after: Seq.nullish(),
        limit: z.int().min(1).max(LIMITS.pageMax).default(LIMITS.pageSize),
        maxBytes,
      })
      .refine((page) => page.before == null || page.after == null, {
        path: ['before'],
        error: 'only one of before and after may be given',
      }),
    unsubscribe: z.object({ type: z.literal('unsubscribe'), ...room }),
    leave: z.object({ type: z.literal('leave'), ...room }),
    ping: z.object({ type: z.literal('ping'), ref }),
  } as const;
}

export type CommandSchemas = ReturnType<typeof commandSchemas>;
export type CommandType = keyof CommandSchemas;
/** A client's frame, parsed. */
export type Command = { [K in CommandType]: z.output<CommandSchemas[K]> }[CommandType];
