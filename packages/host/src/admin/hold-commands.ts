import { BlockUser, UserPath } from '@gongu/shared';
import type { z } from 'zod';
import { StartError } from '../process/start-error.ts';
import { type AdminCommand, adminCommand, BY, columns } from './command.ts';
import type { HoldKind, HoldStore } from './hold-store.ts';

interface HasHolds {
  readonly holds: HoldStore;
}

/**
 * `… hold` and `… unhold` of the service's own thing and of users, and `holds list`: what no job removes, and no erasure.
 *
 * @param own how the service's own thing is called: `rooms`, ROOM, and the zod field of its id
 */
export function holdCommands<Context extends HasHolds>(own: {
  readonly group: string;
  readonly kind: Exclude<HoldKind, 'USER'>;
  readonly operands: Readonly<Record<string, z.ZodType<string>>>;
}): readonly AdminCommand<Context>[] {
  const ofKind = (group: string, kind: HoldKind, operands: Readonly<Record<string, z.ZodType<string>>>) => {
    const [field = ''] = Object.keys(operands);
    const command = (on: boolean) =>
      adminCommand({
        words: `${group} ${on ? 'hold' : 'unhold'}`,
        does: on ? 'for a legal reason: no job removes it, and no erasure, until unhold' : 'it is held no more',
        isOfAll: kind === 'USER',
        operands,
        options: { ...(on ? { reason: BlockUser.shape.reason.describe('for those who run it') } : {}), by: BY },
        async run({ holds }: Context, given) {
          const { by, reason, ...ids } = given as { by?: string; reason?: string | null } & Record<string, string>;
          const id = ids[field]!;
          const outcome = await holds.set(kind, id, on, { byUserId: by ?? null, reason: reason ?? null });
          if (outcome === 'NOT_FOUND') throw new StartError(`there is no such ${kind.toLowerCase()}`);
          const changed = outcome === 'changed';
          return {
            json: { kind, id, held: on, changed },
            text: `${id} is ${on ? 'held' : 'not held'}${changed ? '' : ', as before'}`,
          };
        },
      });
    return [command(true), command(false)];
  };

  return [
    ...ofKind(own.group, own.kind, own.operands),
    ...ofKind('users', 'USER', { userId: UserPath.shape.userId }),
    adminCommand({
      ...{ words: 'holds list', does: 'what is held, newest first', isOfAll: true },
      async run({ holds }: Context) {
        const found = await holds.list();
        const rows = found.map((one) => [one.kind, one.id, one.createdAt, one.byUserId, one.reason]);
        return { json: { holds: found }, text: columns(rows, 'nothing is held') };
      },
    }),
  ];
}
