import type { Members } from '../../room/members.ts';
import type { Rates } from '../../room/rates.ts';
import type { Leaving } from '../leaving.ts';
import { type EntryOf, refOf } from './entry.ts';

export interface LeaveOptions {
  readonly members: Pick<Members, 'leave'>;
  readonly leaving: Pick<Leaving, 'room'>;
  readonly rates: Pick<Rates, 'change'>;
}

/** Ends the membership. What was said before it is stored first: after it, the sender is no member. */
export function createLeave({ members, leaving, rates }: LeaveOptions): EntryOf<'leave'> {
  return {
    lane: 'last',
    async run(client, user, command) {
      rates.change({ user, address: client.address });
      await members.leave({ kind: 'user', user }, command.roomId, user.userId);
      leaving.room(client, command.roomId);
      client.emit({ type: 'ok', ...refOf(command) });
    },
  };
}
