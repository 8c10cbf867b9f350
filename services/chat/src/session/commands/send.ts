import { AppError, type User } from '@gongu/shared';
import type { Hub } from '../../hub/hub.ts';
import { isAdmin } from '../../room/access.ts';
import type { Members } from '../../room/members.ts';
import type { Messages, Sending } from '../../room/messages.ts';
import type { Rates } from '../../room/rates.ts';
import type { Client } from '../client.ts';
import type { Typing } from '../typing.ts';
import { type CommandOf, type EntryOf, refOf } from './entry.ts';

export interface SendOptions {
  readonly hub: Pick<Hub, 'knows'>;
  readonly members: Pick<Members, 'join'>;
  readonly messages: Pick<Messages, 'send'>;
  readonly typing: Pick<Typing, 'end'>;
  readonly rates: Pick<Rates, 'message' | 'change'>;
}

/** A `send`, with what only other protocols than gongu.v1 can say. */
export type Send = CommandOf<'send'> & Pick<Sending, 'data' | 'signalType'>;

export function createSend({ hub, members, messages, typing, rates }: SendOptions) {
  async function join(user: User, roomId: string, address: string | null): Promise<void> {
    if (hub.knows(roomId, user.userId)) return;
    rates.change({ user, address });
    await members.join(user, roomId, true);
  }

  /** One who looks becomes a member by what he says, once for all that he says at a time. */
  function entering(client: Client, user: User, { roomId, kind }: Send): (() => Promise<void>) | undefined {
    const watch = client.rooms.watchOf(roomId);
    // A notice is an act of order: an admin gives it without taking a place.
    if (!watch || (kind === 'NOTIFICATION' && isAdmin({ kind: 'user', user }))) return undefined;
    return () => {
      if (kind === 'NOTIFICATION')
        throw new AppError('FORBIDDEN', { detail: 'Only the host and an admin may send a NOTIFICATION' });
      watch.entering ??= join(user, roomId, client.address).finally(() => {
        watch.entering = null;
      });
      return watch.entering;
    };
  }

  return {
    lane: 'send',
    async run(client, user, command: Send) {
      rates.message({ user, address: client.address });
      const sender = { kind: 'user', user } as const;
      const { message, duplicate } = await messages.send(sender, command, entering(client, user, command));
      typing.end(client, user, command.roomId);
      client.emit({
        type: 'ack',
        ...refOf(command),
        roomId: message.roomId,
        seq: message.seq,
        messageId: message.messageId,
        clientMessageId: command.clientMessageId,
        createdAt: message.createdAt,
        duplicate,
      });
    },
  } satisfies EntryOf<'send'>;
}
