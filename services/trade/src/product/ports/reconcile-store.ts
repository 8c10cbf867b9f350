import type { Product, Room } from '@gongu/shared';

/** What the reconciler asks. */
export interface RoomStates {
  /** The room as chat has it; null when chat does not know it. */
  find(roomId: string): Promise<Room | null>;
  /** Whom chat lists as buyers: those who are in the conversation. Empty when chat does not know the room. */
  buyers(roomId: string): Promise<string[]>;
}

export interface ReconcileStore {
  /** Products that recruit or ended after `endedAfter`, of which nothing waits in the outbox; ascending by id. */
  settled(afterId: string, endedAfter: Date, limit: number): Promise<Product[]>;
  /**
   * Rooms whose oldest entry can't be delivered, because chat says that there is no such room; not those whose product ended
   * before `endedAfter`.
   */
  missing(endedAfter: Date, limit: number): Promise<string[]>;
  /** Ids of a product's buyers after `afterId`, ascending; '' begins. */
  buyers(productId: string, afterId: string, limit: number): Promise<string[]>;
  /** Whether a product is as it was, and still has nothing on its way. */
  unchanged(productId: string, version: number): Promise<boolean>;
  /** Products that have something on its way. */
  pending(): Promise<number>;
  /** Tells chat everything about the product again. False when something is under way already. */
  resend(productId: string, missing: boolean): Promise<boolean>;
  /** The same, and before it that those of `extra` who are no buyers are none. */
  heal(productId: string, extra: readonly string[]): Promise<boolean>;
}
