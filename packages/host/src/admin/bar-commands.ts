import { BlockUser, type UserBar, UserPath } from '@gongu/shared';
import type { BarAct, BarStore } from '../auth/bar-store.ts';
import { StartError } from '../process/start-error.ts';
import { type AdminCommand, adminCommand, BY } from './command.ts';

/** `users block`, `unblock`, `revoke`, `unrevoke`: whose tokens a service refuses. Instances read of it within a second. */
export function barCommands<Context extends { readonly bars: BarStore }>(): readonly AdminCommand<Context>[] {
  const { userId } = UserPath.shape;
  const by = BY;
  async function act({ bars }: Context, what: BarAct, given: { userId: string; by?: string } & BlockUser) {
    const { by: byUserId = null, reason = null } = given;
    // PostgreSQL takes no offset of 16 hours and more.
    const until = given.until ? new Date(given.until).toISOString() : null;
    const bar = await bars.act(given.userId, what, { byUserId, until, reason });
    if (!bar) throw new StartError('--until: must be a time to come');
    return { json: bar, text: textOf(bar) };
  }

  return [
    adminCommand({
      ...{ words: 'users block', does: "refuse all of a user's tokens", isOfAll: true, operands: { userId } },
      options: {
        until: BlockUser.shape.until.describe('when it ends, such as 2027-01-31T00:00:00Z; else when it is taken away'),
        reason: BlockUser.shape.reason.describe('for those who run it'),
        by,
      },
      run: (context: Context, given) => act(context, 'block', given),
    }),
    adminCommand({
      ...{ words: 'users unblock', does: 'take a block away', isOfAll: true, operands: { userId }, options: { by } },
      run: (context: Context, given) => act(context, 'unblock', given),
    }),
    adminCommand({
      ...{ words: 'users revoke', does: "refuse those of a user's tokens that were issued up to now" },
      ...{ isOfAll: true, operands: { userId }, options: { by } },
      run: (context: Context, given) => act(context, 'revoke', given),
    }),
    adminCommand({
      ...{
        words: 'users unrevoke',
        does: 'take a revocation away',
        isOfAll: true,
        operands: { userId },
        options: { by },
      },
      run: (context: Context, given) => act(context, 'unrevoke', given),
    }),
  ];
}

function textOf({ userId, block, revokedAt }: UserBar): string {
  const parts = [
    ...(block ? [`is blocked${block.until ? ` until ${block.until}` : ''}`] : []),
    ...(revokedAt ? [`has no use for tokens issued up to ${revokedAt}`] : []),
  ];
  return `${userId} ${parts.join(', and ') || 'is let in by all tokens'}`;
}
