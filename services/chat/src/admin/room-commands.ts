import { type AdminCommand, adminCommand, columns, envFields, StartError } from '@gongu/host';
import { RoomPath, RoomStatus, UserId } from '@gongu/shared';
import type { AdminContext } from './context.ts';

const { roomId } = RoomPath.shape;

/** Rooms, whoever is in them. */
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
];
