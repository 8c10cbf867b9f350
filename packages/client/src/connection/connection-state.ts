import type { PublicUser } from '@gongu/shared';
import type { ChatError } from '../chat-error.ts';

/** How the connection stands; a new object with every change. */
export interface ConnectionState {
  /**
   * `idle`: not asked for. `connecting`: on the way. `ready`. `waiting`: lost, and tried again at `retryAtMs`. `closed`:
   * the server said to stay away, `error` says why; `connect()` tries all the same.
   */
  readonly status: 'idle' | 'connecting' | 'ready' | 'waiting' | 'closed';
  /** What the surroundings say of the network. */
  readonly online: boolean;
  /** What carries the frames: `websocket` or `sse`; null while there is no connection. */
  readonly transport: string | null;
  /** Who the server says this is; kept while the connection is lost. */
  readonly user: PublicUser | null;
  /** Epoch milliseconds of the next try, by this machine's clock; null when none is planned. */
  readonly retryAtMs: number | null;
  /** Tries since the connection was last there for a while. */
  readonly attempt: number;
  /** Why it was lost or refused, where that was said. */
  readonly error: ChatError | null;
  /** The server's clock less this machine's, milliseconds: add it to `Date.now()` for count-downs. */
  readonly clockOffsetMs: number;
  /** Longest message text, code points. */
  readonly contentChars: number;
  /** Seconds for which its sender may edit a message; null: messages can't be changed, or it is not known yet. */
  readonly editWindowS: number | null;
  /** Whether the own token says `admin`. */
  readonly isAdmin: boolean;
}
