/**
 * Names of presence's keys. The part in braces puts keys that one command touches onto one node of a Cluster.
 * `prefix` keeps apart what else uses the same Redis.
 */
export function createPresenceKeys(prefix: string) {
  return {
    /** Sorted set: instance → end of its lease, Unix ms by Redis's clock. */
    leases: `${prefix}:presence:{instances}:leases`,
    /** Hash: instance → its open sockets. */
    sockets: `${prefix}:presence:{instances}:sockets`,
    /** Hash of a room: instance → version of its set of users. */
    versions: (roomId: string) => `${prefix}:presence:{${roomId}}:versions`,
    /** Set: users that an instance has in a room. */
    users: (roomId: string, instanceId: string) => `${prefix}:presence:{${roomId}}:users:${instanceId}`,
  };
}

export type PresenceKeys = ReturnType<typeof createPresenceKeys>;
