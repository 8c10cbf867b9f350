import { type AdminCommand, adminCommand, BY, columns, envFields, StartError } from '@gongu/host';
import { z } from 'zod';
import type { AdminContext } from './context.ts';

/** Keys of rooms that are sealed anew with one commit. */
const PORTION = 500;

/** Keys of `CONTENT_KEYS`, which keys of rooms are sealed by. */
export const keyCommands: readonly AdminCommand<AdminContext>[] = [
  adminCommand({
    ...{ words: 'keys list', does: 'keys of CONTENT_KEYS, how many rooms each is used by, and what stands clear' },
    async run({ content }: AdminContext) {
      const [keys, clear] = await Promise.all([content.keys(), content.clear()]);
      const rows = keys.map(({ keyId, rooms, isFirst, state }) => [
        keyId,
        `${rooms} rooms`,
        isFirst ? 'seals' : state === 'here' ? 'opens' : state,
      ]);
      const left = `clear: ${clear.messages} messages of ${clear.rooms} rooms at most`;
      return { json: { keys, clear }, text: `${columns(rows, 'no key is in use')}\n${left}` };
    },
  }),
  adminCommand({
    ...{ words: 'keys rotate', does: 'seals the keys of all rooms by the first key of CONTENT_KEYS, while chat runs' },
    options: {
      dryRun: z.boolean().optional().describe('only say how many'),
      limit: envFields.int(undefined, { min: 1 }).optional().describe('at most so many; the next call goes on'),
      by: BY,
    },
    async run({ content }: AdminContext, { dryRun = false, limit = Number.POSITIVE_INFINITY, by = null }) {
      const keys = await content.keys();
      const first = keys.find(({ isFirst }) => isFirst);
      if (!first) throw new StartError('CONTENT_KEYS is not set: there is no key to seal by');
      const unopened = await content.unopened();
      const others = keys.filter(({ isFirst }) => !isFirst).reduce((sum, { rooms }) => sum + rooms, 0);
      if (dryRun) {
        const json = {
          to: first.keyId,
          dryRun,
          keys: Math.min(others, limit),
          unopened: unopened.map(({ keyId }) => keyId),
        };
        return { json, text: `${json.keys} keys of rooms would be sealed by "${first.keyId}"` };
      }
      const done = { to: first.keyId, keys: 0, unopened: 0 };
      for (let after: number | null = 0; after !== null && done.keys < limit; ) {
        const portion = await content.rotatePortion(after, Math.min(PORTION, limit - done.keys));
        done.keys += portion.rotated;
        done.unopened += portion.unopened;
        after = portion.last;
      }
      if (done.keys > 0) await content.noteRotation(done, by);
      const left = done.unopened > 0 ? `; ${done.unopened} could not be opened, and are as they were` : '';
      return { json: done, text: `${done.keys} keys of rooms are sealed by "${done.to}" now${left}` };
    },
  }),
];
