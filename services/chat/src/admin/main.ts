import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  adminCommand,
  BY,
  barCommands,
  createAdminService,
  holdCommands,
  personCommands,
  runAdmin,
  webhookCommands,
} from '@gongu/host';
import { RoomPath } from '@gongu/shared';
import { z } from 'zod';
import { type AdminContext, openContext } from './context.ts';
import { keyCommands } from './key-commands.ts';
import { reportCommands } from './report-commands.ts';
import { roomCommands } from './room-commands.ts';

const restored = adminCommand({
  words: 'restored',
  does: 'after a backup was restored, while chat is stopped: clients drop what they have of all rooms, and load it anew',
  options: { dryRun: z.boolean().optional().describe('only say how many rooms'), by: BY },
  async run({ rooms, adminRooms }: AdminContext, { dryRun = false, by = null }) {
    if (dryRun) {
      const count = await adminRooms.count();
      return { json: { rooms: count, dryRun }, text: `${count} rooms would have another epoch` };
    }
    const renewed = await rooms.renewEpochs(by);
    return { json: { rooms: renewed }, text: `${renewed} rooms have another epoch` };
  },
});

/** Chat's commands, also for `pnpm admin`, which has trade's beside them. */
export const admin = createAdminService<AdminContext>({
  name: 'chat',
  commands: [
    restored,
    ...roomCommands,
    ...reportCommands,
    ...keyCommands,
    ...barCommands<AdminContext>(),
    ...webhookCommands<AdminContext>(),
    // Trade first: it withdraws purchases, and refuses whom it can't erase.
    ...personCommands<AdminContext>('chat', 1),
    ...holdCommands<AdminContext>({ group: 'rooms', kind: 'ROOM', operands: { roomId: RoomPath.shape.roomId } }),
  ],
  open: openContext,
});

// As in the image: this file is what was started.
if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) await runAdmin([admin]);
