import type { ProductNotice, PushSubscriptions, PushTarget } from '@gongu/shared';

/** A device of somebody who has not read for a while, and what he has not read. */
export interface Absent {
  readonly roomId: string;
  /** The room's. */
  readonly title: string;
  readonly unread: number;
  readonly target: PushTarget;
  /** The newest message that stands, where texts are told. `from` and `fromUserId` null: the service's. */
  readonly newest: {
    readonly from: string | null;
    readonly fromUserId: string | null;
    readonly text: string;
    /** What trade told by it. */
    readonly notice?: ProductNotice | undefined;
  } | null;
}

/** Devices that want to hear of rooms. */
export interface PushStore {
  /** The same again changes nothing but the keys. */
  put(roomId: string, userId: string, target: PushTarget): Promise<'stored' | 'NOT_FOUND' | 'NOT_A_MEMBER'>;
  /** `roomId` null: of all rooms. */
  remove(userId: string, endpoint: string, roomId: string | null): Promise<void>;
  list(userId: string): Promise<PushSubscriptions>;
  /** The device is gone, whoever's it was. */
  drop(endpoint: string): Promise<void>;
  /**
   * Takes devices of members of these rooms who have not read what is `afterS` seconds old, at most `limit`: each once,
   * until he has read.
   */
  takeAbsent(
    roomIds: readonly string[],
    how: { readonly afterS: number; readonly withText: boolean; readonly limit: number },
  ): Promise<readonly Absent[]>;
  /** Rooms that devices want to hear of and whose newest message is not read by all of these, after `roomId`, by id. */
  roomsBehind(roomId: string, limit: number): Promise<readonly string[]>;
  /** Removes those of who is no member any more, at most `limit`; how many went. */
  forget(limit: number): Promise<number>;
}
