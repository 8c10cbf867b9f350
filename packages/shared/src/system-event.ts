import { z } from 'zod';
import { ChatMessage, Reaction } from './chat-message.ts';
import { Participant, Room } from './room.ts';
import { PublicUser } from './user.ts';

/** The room as it is after the row, without what does not last. Old rows say neither what was pinned nor of slow mode. */
export const RoomRecord = Room.omit({ onlineCount: true, watcherCount: true, epoch: true, firstSeq: true })
  .partial({ pinnedMessageIds: true, slowModeSeconds: true })
  .meta({ id: 'RoomRecord' });

/** Who came, went or bought, and the room's counters after it. */
const membership = {
  participant: Participant,
  participantCount: z.int(),
  committedCount: z.int(),
};

/** Positions, ascending, as ranges, each of its first and its last. */
const SeqRanges = z.array(z.tuple([z.int(), z.int()]));

/**
 * What a SYSTEM message tells, in its `data`: one object for each `event`. Clients ignore an `event` that they don't
 * know, so that a later version may add some.
 */
export const SystemEvent = z
  .discriminatedUnion('event', [
    z.object({ event: z.literal('participant.joined'), ...membership }).meta({ id: 'ParticipantJoined' }),
    z.object({ event: z.literal('participant.left'), ...membership }).meta({ id: 'ParticipantLeft' }),
    z
      .object({
        event: z.literal('participant.removed'),
        /** `GAVE_WAY`, `CAP_LOWERED`, `NOT_A_BUYER`, `BANNED`; absent where the host or the service did it. */
        reason: z.string().optional(),
        ...membership,
      })
      .meta({ id: 'ParticipantRemoved' }),
    z.object({ event: z.literal('participant.committed'), ...membership }).meta({ id: 'ParticipantCommitted' }),
    z.object({ event: z.literal('participant.uncommitted'), ...membership }).meta({ id: 'ParticipantUncommitted' }),
    z
      .object({
        event: z.literal('participant.muted'),
        user: PublicUser,
        /** Null: until it is taken away. When it runs out there is no row. */
        until: z.string().nullable(),
      })
      .meta({ id: 'ParticipantMuted' }),
    z
      .object({
        event: z.literal('participant.unmuted'),
        user: PublicUser,
        /** Until when it would have been. */
        until: z.string().nullable(),
      })
      .meta({ id: 'ParticipantUnmuted' }),
    /** One who was no member; a member is `participant.removed`, with the reason `BANNED`. */
    z.object({ event: z.literal('participant.banned'), user: PublicUser }).meta({ id: 'ParticipantBanned' }),
    /** By hand, or by a purchase. */
    z.object({ event: z.literal('participant.unbanned'), user: PublicUser }).meta({ id: 'ParticipantUnbanned' }),
    z
      .object({
        event: z.literal('room.opened'),
        room: RoomRecord,
        /** The host; null in a room without one. */
        participant: Participant.nullable(),
      })
      .meta({ id: 'RoomOpened' }),
    z.object({ event: z.literal('room.closed'), room: RoomRecord }).meta({ id: 'RoomClosed' }),
    z.object({ event: z.literal('room.cancelled'), room: RoomRecord }).meta({ id: 'RoomCancelled' }),
    z.object({ event: z.literal('room.updated'), room: RoomRecord }).meta({ id: 'RoomUpdated' }),
    z
      .object({
        event: z.literal('message.changed'),
        change: z.enum(['edited', 'deleted', 'reacted', 'pinned', 'unpinned']),
        /** Null: the service. */
        by: PublicUser.nullable(),
        /** Of `edited` and `deleted`: the message as it is now. */
        message: ChatMessage.optional(),
        /** Of `reacted`: the reactions to the message as they are now. */
        reactions: z.array(Reaction).optional(),
        /** Of `reacted`, as it happens and not in what is recovered from the store: by which emoji, or that it was taken back. */
        emoji: z.string().optional(),
        on: z.boolean().optional(),
        /** In place of `message`, where a later row of the same answer has it, and of all others: which one it is. */
        seq: z.int().optional(),
        /** With `seq`, where the row changed the message itself: the version that it made. */
        version: z.int().optional(),
        /** What is pinned after the row, newest first: of `pinned`, `unpinned`, and the deletion of one that was pinned. */
        pinnedMessageIds: z.array(z.string()).optional(),
      })
      .meta({ id: 'MessageChanged' }),
    /** Somebody was erased: nothing of the room names him any more. Of who said a lot there are several. */
    z
      .object({
        event: z.literal('messages.erased'),
        /** What stands in his place now, wherever he was named. */
        user: PublicUser,
        /** His messages, which are as deleted ones now, and rows that told of him. */
        seqs: SeqRanges,
        /** Messages of others that mentioned him, and no longer do; absent where there are none. */
        mentions: SeqRanges.optional(),
        /** What is pinned after the row, newest first; only where something of his was. */
        pinnedMessageIds: z.array(z.string()).optional(),
      })
      .meta({ id: 'MessagesErased' }),
  ])
  .meta({ id: 'SystemEvent' });
export type SystemEvent = z.output<typeof SystemEvent>;
export type SystemEventName = SystemEvent['event'];

/** The names of all of them. */
export const SYSTEM_EVENTS: readonly SystemEventName[] = SystemEvent.options.map(({ shape }) => shape.event.value);
