import { type AdminCommand, adminCommand, BY, columns, envFields, hindranceOf, StartError } from '@gongu/host';
import { z } from 'zod';
import type { RotatedPortion, WhyUnopened } from '../room/ports/content-store.ts';
import type { AdminContext } from './context.ts';

/** Keys of rooms that are sealed anew with one commit. */
const PORTION = 500;
/** Rooms that are named of those whose key can not be opened. */
const NAMED = 5;

const WHY: Readonly<Record<WhyUnopened, string>> = {
  lost: 'which is lost',
  unknown: 'which CONTENT_KEYS lacks',
  wrong: 'which does not open them',
};

/** Keys of `CONTENT_KEYS`, which keys of rooms are sealed by. */
export const keyCommands: readonly AdminCommand<AdminContext>[] = [
  adminCommand({
    ...{ words: 'keys list', does: 'keys of CONTENT_KEYS, how many rooms each is used by, and what stands clear' },
    async run({ content }: AdminContext) {
      const [keys, clear] = await Promise.all([content.keys(), content.clear()]);
      const rows = keys.map(({ keyId, rooms, isFirst, state }) => [
        keyId,
        `${rooms} rooms`,
        state !== 'here' ? state : isFirst ? 'seals' : 'opens',
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
      const first = (await content.keys()).find(({ isFirst }) => isFirst);
      if (!first) throw new StartError('CONTENT_KEYS is not set: there is no key to seal by');
      const { others, unseen } = await content.strangers();
      if (others.length > 0) {
        const ids = others.map((id) => `"${id}"`).join(', ');
        throw new StartError(`CONTENT_KEYS: ${ids}: another key than the one that had this id before`);
      }
      // Instances would not open what it seals.
      if (unseen.includes(first.keyId)) {
        throw new StartError(
          `CONTENT_KEYS: chat has not started with "${first.keyId}" yet: give it to all instances first`,
        );
      }
      const unopened: RotatedPortion['unopened'][number][] = [];
      const how = { byUserId: by, isDry: dryRun };
      let keys = 0;
      let hindrance: string | undefined;
      try {
        for (let after: number | null = 0; after !== null && keys < limit; ) {
          const portion: RotatedPortion = await content.rotatePortion(after, Math.min(PORTION, limit - keys), how);
          keys += portion.rotated;
          unopened.push(...portion.unopened);
          after = portion.last;
        }
      } catch (error) {
        if (keys === 0 || dryRun) throw error;
        hindrance = hindranceOf(error);
      }
      const shut = byKey(unopened);
      const left = [
        ...(hindrance === undefined ? [] : [hindrance]),
        ...(shut.length === 0 ? [] : [`keys of rooms that stay as they are: ${shut.map(lineOf).join('; ')}`]),
      ];
      return {
        json: { to: first.keyId, ...(dryRun ? { dryRun } : {}), keys, unopened: shut },
        text: `${keys} keys of rooms ${dryRun ? 'would be' : 'are'} sealed by "${first.keyId}"${dryRun ? '' : ' now'}`,
        left: left.join('; ') || undefined,
      };
    },
  }),
];

/** Those that can not be opened, by what sealed them. */
function byKey(unopened: RotatedPortion['unopened']) {
  const found = new Map<string, { keyId: string; why: WhyUnopened; rooms: number; roomIds: string[] }>();
  for (const { keyId, why, roomId } of unopened) {
    const one = found.get(keyId) ?? { keyId, why, rooms: 0, roomIds: [] };
    one.rooms++;
    if (one.roomIds.length < NAMED) one.roomIds.push(roomId);
    found.set(keyId, one);
  }
  return [...found.values()];
}

function lineOf({ keyId, why, rooms, roomIds }: ReturnType<typeof byKey>[number]): string {
  return `${rooms} sealed by "${keyId}", ${WHY[why]} (${roomIds.join(', ')}${rooms > roomIds.length ? ', …' : ''})`;
}
