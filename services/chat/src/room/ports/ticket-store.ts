import type { User } from '@gongu/shared';

/** One-time connection tickets. */
export interface TicketStore {
  /** Keeps `user` under the hash of `ticket` for `ttlMs`; the end as ISO time, by the database's clock. */
  issue(ticket: string, user: User, ttlMs: number): Promise<string>;
  /** The user, once; null when the ticket is unknown, used or too old. */
  redeem(ticket: string): Promise<User | null>;
}
