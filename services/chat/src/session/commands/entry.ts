import type { User } from '@gongu/shared';
import type { Asked } from '../../protocol/codec.ts';
import type { Client } from '../client.ts';
import type { Lane } from '../client-rooms.ts';

/** All that a user may ask for; `auth` makes him one. */
export type UserCommand = Exclude<Asked, { type: 'auth' }>;

export type CommandType = UserCommand['type'];

/** The command of that type, as it comes from the codec. */
export type CommandOf<T extends CommandType> = Extract<UserCommand, { type: T }>;

/** What becomes of one kind of command. */
export interface Entry<C extends UserCommand> {
  /** How it is ordered among those of its socket and room. */
  readonly lane: Lane;
  /** It has no answer of its own: one who waits for it hears `ok`. */
  readonly silent?: boolean;
  /** Does it, and answers; what it throws is the answer. */
  run(client: Client, user: User, command: C): Promise<void> | void;
}

export type EntryOf<T extends CommandType> = Entry<CommandOf<T>>;

/** Reads from the store when it is the client's turn among all clients. */
export type InTurn = <T>(client: Client, read: () => Promise<T>) => Promise<T>;

/** The `ref` of a command, for its answer; nothing where the client gave none. */
export function refOf({ ref }: { readonly ref?: string | undefined }): { ref?: string } {
  return ref === undefined ? {} : { ref };
}
