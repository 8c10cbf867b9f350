import { type EntryOf, refOf } from './entry.ts';

export function createPing({ now }: { now: () => number }): EntryOf<'ping'> {
  return {
    lane: 'free',
    run(client, _user, command) {
      client.emit({ type: 'pong', ...refOf(command), serverTime: new Date(now()).toISOString() });
    },
  };
}
