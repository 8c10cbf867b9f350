import type { Changes } from '../../room/changes.ts';
import type { Rates } from '../../room/rates.ts';
import { type EntryOf, refOf } from './entry.ts';

export interface ChangeOptions {
  readonly changes: Changes;
  readonly rates: Pick<Rates, 'message' | 'change'>;
}

/** Answered by `ok`: what has become of the message is told by the row of change, to this client too. */
export function createEdit({ changes, rates }: ChangeOptions): EntryOf<'edit'> {
  return {
    lane: 'send',
    async run(client, user, command) {
      rates.message({ user, address: client.address });
      const { version } = await changes.edit({ kind: 'user', user }, command);
      client.emit({ type: 'ok', ...refOf(command), version });
    },
  };
}

export function createDelete({ changes, rates }: ChangeOptions): EntryOf<'delete'> {
  return {
    lane: 'send',
    async run(client, user, command) {
      rates.message({ user, address: client.address });
      await changes.remove({ kind: 'user', user }, command);
      client.emit({ type: 'ok', ...refOf(command) });
    },
  };
}

export function createPin({ changes, rates }: ChangeOptions): EntryOf<'pin'> {
  return {
    lane: 'send',
    async run(client, user, command) {
      rates.change({ user, address: client.address });
      await changes.pin({ kind: 'user', user }, command);
      client.emit({ type: 'ok', ...refOf(command) });
    },
  };
}

export function createReact({ changes, rates }: ChangeOptions): EntryOf<'react'> {
  return {
    lane: 'send',
    async run(client, user, command) {
      rates.message({ user, address: client.address });
      const { version } = await changes.react(user, command);
      client.emit({ type: 'ok', ...refOf(command), version });
    },
  };
}
