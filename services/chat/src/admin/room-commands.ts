import { type AdminCommand, adminCommand, BY, columns, envFields, hindranceOf, StartError } from '@gongu/host';
import { RoomPath, RoomStatus, UserId } from '@gongu/shared';
import { z } from 'zod';
import { createRetention } from '../room/retention.ts';
import type { AdminContext } from './context.ts';

const { roomId } = RoomPath.shape;

/** Rooms, whoever is in them, and what is older in them than it is kept for. */
export const roomCommands: readonly AdminCommand<AdminContext>[] = [
  adminCommand({
    ...{ words: 'rooms list', does: 'rooms, newest first' },
    options: {
      status: RoomStatus.optional().describe('ACTIVE, CLOSED or CANCELLED; else all'),
      host: UserId.optional().describe('those of this host'),
      member: UserId.optional().describe('those in which this user is now'),
      before: roomId.optional().describe('those older than this room'),
      limit: envFields.int(50, { min: 1, max: 1_000 }).describe('at most so many (50)'),
    },
    async run({ adminRooms }: AdminContext, filter) {
      const rooms = await adminRooms.list(filter);
      const rows = rooms.map((room) => [
        room.roomId,
        room.status,
        room.createdAt,
        room.participantCount,
        room.lastSeq,
        room.title,
      ]);
      return { json: { rooms }, text: columns(rows, 'there are none') };
    },
  }),
  adminCommand({
    ...{ words: 'rooms show', does: 'one room, and how much is kept of it', operands: { roomId } },
    async run({ adminRooms }: AdminContext, given) {
      const room = await adminRooms.show(given.roomId);
      if (!room) throw new StartError('there is no such room');
      return { json: room, text: JSON.stringify(room, null, 2) };
    },
  }),
  adminCommand({
    words: 'retention run',
    does: 'removes now what is older than RETENTION_DAYS, as the job of chat does',
    options: {
      days: envFields.int(undefined, { min: 1, max: 36_500 }).optional().describe('in place of RETENTION_DAYS'),
      dryRun: z.boolean().optional().describe('says how much it is, and removes nothing'),
      by: BY,
    },
    async run({ retention, retentionDays }: AdminContext, { days = retentionDays, dryRun = false, by = null }) {
      if (days === 0) throw new StartError('RETENTION_DAYS is not set: all is kept for ever (or say --days)');
      if (dryRun) {
        const due = await retention.count(days);
        return { json: { ...due, dryRun }, text: `${due.messages} messages of ${due.rooms} rooms would be removed` };
      }
      // Ahead of it, as it may be killed while it is at it.
      await retention.note('messages.removing', { days }, by);
      const done = { rooms: 0, messages: 0 };
      let left: string | undefined;
      const onRemoved = (messages: number) => {
        done.messages += messages;
      };
      try {
        done.rooms = (await createRetention({ retention, messageDays: days, onRemoved }).run()).rooms;
      } catch (error) {
        if (done.messages === 0) throw error;
        left = hindranceOf(error);
      }
      await retention.note('messages.removed', { ...done, days }, by);
      return {
        json: { ...done, dryRun },
        text: `${done.messages} messages${left ? '' : ` of ${done.rooms} rooms`} are removed`,
        left,
      };
    },
  }),
];
