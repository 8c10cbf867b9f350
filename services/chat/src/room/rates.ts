import type { User } from '@gongu/shared';

/** Who asks for a change, and the address that he is counted by; null where it may be everybody's. */
export interface Asker {
  readonly user: Pick<User, 'userId' | 'anon'>;
  readonly address: string | null;
}

/** Takes one, by user or by address. @throws AppError RATE_LIMITED */
interface Limit {
  admit(key: string): void;
}

export interface RatesOptions {
  /** Messages, by user. */
  readonly messages: Limit;
  /** Joins, leaves, titles and whatever else writes rows, by user. */
  readonly changes: Limit;
  /** Rooms that somebody begins to look at without being a member, by user. */
  readonly watches: Limit;
  /** Identities, and what people without an account change, by address. */
  readonly anonymous: Limit;
}

/** How much one client may change, over HTTP and all his sockets. Each throws RATE_LIMITED, and then nothing was done. */
export function createRates({ messages, changes, watches, anonymous }: RatesOptions) {
  function admit(limit: Limit, { user, address }: Asker): void {
    // In this order: one who has used up his own share takes nothing of his neighbours'.
    limit.admit(user.userId);
    if (user.anon && address !== null) anonymous.admit(address);
  }

  return {
    message: (asker: Asker) => admit(messages, asker),
    change: (asker: Asker) => admit(changes, asker),
    watch: (asker: Asker) => admit(watches, asker),
    /** An identity is made, or renewed. */
    identity(address: string | null): void {
      if (address !== null) anonymous.admit(address);
    },
  };
}

export type Rates = ReturnType<typeof createRates>;
