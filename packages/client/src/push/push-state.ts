import type { Result } from '../chat-error.ts';

/**
 * Whether this browser is told by push of what is unread in a room. `unsupported`: the browser or the service can't, or the
 * page has no service worker. `denied`: its user has forbidden notifications, which only he can take back.
 */
export type PushState = 'unsupported' | 'off' | 'on' | 'denied';

/** Pushes to this browser, room by room; the page's own service worker shows them. */
export interface Push {
  /** How it is. */
  state(roomId: string): Promise<Result<PushState>>;
  /**
   * Turns it on or off; what it is then. Turning it on may ask the user, so call it from what he does, a click for instance.
   * Only members of a room are told: else NOT_A_MEMBER.
   */
  set(roomId: string, on: boolean): Promise<Result<PushState>>;
}
