import { type ChangeOptions, createDelete, createEdit, createPin, createReact } from './change.ts';
import type { CommandType, EntryOf } from './entry.ts';
import { createHistory } from './history.ts';
import { createJoin, type JoinOptions } from './join.ts';
import { createLeave, type LeaveOptions } from './leave.ts';
import { createOverviewCommand } from './overview.ts';
import { createPing } from './ping.ts';
import { createRead } from './read.ts';
import { createSend, type SendOptions } from './send.ts';
import { createSignal, type SignalOptions } from './signal.ts';
import { createTypingCommand } from './typing.ts';
import { createUnsubscribe, type UnsubscribeOptions } from './unsubscribe.ts';
import { createUnwatch } from './unwatch.ts';

/** What becomes of each command: one that is missing does not compile. */
export type Commands = { readonly [T in CommandType]: EntryOf<T> };

export type CommandsOptions = JoinOptions &
  SendOptions &
  ChangeOptions &
  Omit<SignalOptions, 'send'> &
  LeaveOptions &
  UnsubscribeOptions &
  Parameters<typeof createTypingCommand>[0] &
  Parameters<typeof createRead>[0] &
  Parameters<typeof createHistory>[0] &
  Parameters<typeof createPing>[0] &
  Parameters<typeof createOverviewCommand>[0];

/** All that a client may ask for: commands to use cases, results to events. */
export function createCommands(options: CommandsOptions): Commands {
  const join = createJoin(options);
  const send = createSend(options);
  return {
    ping: createPing(options),
    join,
    follow: join,
    watch: join,
    unwatch: createUnwatch(options),
    send,
    signal: createSignal({ ...options, send }),
    edit: createEdit(options),
    delete: createDelete(options),
    react: createReact(options),
    pin: createPin(options),
    typing: createTypingCommand(options),
    read: createRead(options),
    history: createHistory(options),
    unsubscribe: createUnsubscribe(options),
    leave: createLeave(options),
    overview: createOverviewCommand(options),
  };
}
