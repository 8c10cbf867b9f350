import type { PublicUser } from '@gongu/shared';
import type { StoredMessage } from './stored-message.ts';

/**
 * What instances tell each other; each is made here, from what a client was allowed to say. Messages of one room,
 * ascending; everything else is ephemeral.
 */
export type Signal =
  | { readonly kind: 'messages'; readonly roomId: string; readonly messages: readonly StoredMessage[] }
  | {
      readonly kind: 'read';
      readonly roomId: string;
      readonly userId: string;
      readonly seq: number;
      readonly chatNo: number;
    }
  | { readonly kind: 'typing'; readonly roomId: string; readonly user: PublicUser; readonly typing: boolean }
  | { readonly kind: 'presence'; readonly roomId: string; readonly userId: string; readonly online: boolean }
  /** Who looks at the room and is no member has changed at an instance; how many they are, presence knows. */
  | { readonly kind: 'watchers'; readonly roomId: string }
  /** From one member to the sockets of another in the room. */
  | {
      readonly kind: 'whisper';
      readonly roomId: string;
      readonly sender: string;
      readonly receiver: string;
      readonly signalType: string;
      readonly data: unknown;
    }
  | { readonly kind: 'removed'; readonly roomId: string }
  /** `roomId` is a user's own channel (`userChannel`): he became a member somewhere. */
  | { readonly kind: 'member'; readonly roomId: string };

/** Where a user's own signals go, in place of a room's id: no room is called so. */
export function userChannel(userId: string): string {
  return `@${userId}`;
}

/** The user whose channel that is. */
export function userOfChannel(channel: string): string {
  return channel.slice(1);
}

/**
 * Carries signals to the other instances, at most once and without promises: commit comes before publish, a gap shows by
 * `seq`, and the store repairs it. Signals of one room that one instance publishes arrive in that order if they arrive.
 */
export interface Bus {
  /** Never throws and never waits; a signal that can't be sent is lost and `headIntervalMs` gets shorter. */
  publish(signal: Signal): void;
  /** Wants a room's signals. Resolves when they will arrive, or after 200 ms without that. */
  follow(roomId: string): Promise<void>;
  unfollow(roomId: string): void;
  /** The one listener. Own signals are not heard. */
  listen(listener: (signal: Signal) => void): void;
  /** Milliseconds between two reads of the newest `seq`s from the store, as far as this bus may be trusted right now. */
  headIntervalMs(): number;
  /** `ok`, `down` (signals may be lost at the moment), `off` (there is no such part). For /readyz. */
  state(): 'ok' | 'down' | 'off';
  /** Milliseconds that a signal takes to come back to its sender; grows while none does. Null where there is no such part. */
  lagMs(): number | null;
  close(): Promise<void>;
}
