import type { Messages, Sending } from '../../room/messages.ts';
import type { Rates } from '../../room/rates.ts';
import type { Typing } from '../typing.ts';
import { type CommandOf, type EntryOf, refOf } from './entry.ts';

export interface SendOptions {
  readonly messages: Pick<Messages, 'send'>;
  readonly typing: Pick<Typing, 'end'>;
  readonly rates: Pick<Rates, 'message'>;
}

/** A `send`, with what only other protocols than gongu.v1 can say. */
export type Send = CommandOf<'send'> & Pick<Sending, 'data' | 'signalType'>;

export function createSend({ messages, typing, rates }: SendOptions) {
  return {
    lane: 'send',
    async run(client, user, command: Send) {
      rates.message({ user, address: client.address });
      const { message, duplicate } = await messages.send({ kind: 'user', user }, command);
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
