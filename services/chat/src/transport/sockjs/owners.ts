/**
 * Which instance has a session. Only the polling and streaming transports need it: their requests may reach any
 * instance, and one of them has the queue. A claim lasts until it is released or its instance has been dead for a while.
 */
export interface SessionOwners {
  /** This instance, as the others reach it. */
  readonly self: string;
  /** Claims a session for this instance. Resolves with the one that has it: the first to claim. */
  claim(sessionId: string): Promise<string>;
  /** The instance that has it; null when none has. */
  find(sessionId: string): Promise<string | null>;
  /** Forgets a claim, if it still is `owner`'s. */
  release(sessionId: string, owner: string): Promise<void>;
}

/** Owners of the sessions of the instances that share `claims`: those of one process. */
export function createLocalOwners(options: { self?: string; claims?: Map<string, string> } = {}): SessionOwners {
  const { self = 'local', claims = new Map<string, string>() } = options;
  return {
    self,
    async claim(sessionId) {
      const owner = claims.get(sessionId) ?? self;
      claims.set(sessionId, owner);
      return owner;
    },
    async find(sessionId) {
      return claims.get(sessionId) ?? null;
    },
    async release(sessionId, owner) {
      if (claims.get(sessionId) === owner) claims.delete(sessionId);
    },
  };
}
