import type { Message } from './message.ts';

/** Where a message keeps it: JSON has no symbols, so nobody is shown it who does not ask. */
const SIGNAL_TYPE = Symbol('signalType');

/** A message that a client of `/room` called `signalType`; undefined: no such client sent it. */
export function withSignalType(message: Message, signalType: string | undefined): Message {
  return signalType === undefined ? message : Object.assign(message, { [SIGNAL_TYPE]: signalType });
}

/** What a client of `/room` called a message; undefined for all others. Copies by spread keep it. */
export function signalTypeOf(message: Message): string | undefined {
  return (message as { [SIGNAL_TYPE]?: string })[SIGNAL_TYPE];
}
