/** Users that other instances have in one room, and how many of them are not here too. */
export interface RemoteUsers {
  /** Users elsewhere, each counted once. */
  readonly size: number;
  has(userId: string): boolean;
  users(): Iterable<string>;
  /** Users elsewhere who are not also here. */
  elsewhere(): number;
  /** Version of what is known of an instance; undefined when nothing is. */
  version(instanceId: string): string | undefined;
  set(instanceId: string, version: string, users: readonly string[]): void;
  /** Drops the instances of which `stays` says so. */
  keep(stays: (instanceId: string) => boolean): void;
  /** A user came to this instance or went: keeps `elsewhere` right without counting again. */
  localChanged(userId: string, online: boolean): void;
}

/** `here`: this instance's users in the room. */
export function createRemoteUsers(here: () => Iterable<string>): RemoteUsers {
  const instances = new Map<string, { version: string; users: readonly string[] }>();
  /** User → instances that have him. */
  const users = new Map<string, number>();
  let both = 0;

  function drop(instanceId: string): void {
    for (const userId of instances.get(instanceId)?.users ?? []) {
      const count = users.get(userId)!;
      if (count > 1) users.set(userId, count - 1);
      else users.delete(userId);
    }
    instances.delete(instanceId);
  }

  function countBoth(): void {
    both = 0;
    for (const userId of here()) if (users.has(userId)) both += 1;
  }

  return {
    get size() {
      return users.size;
    },
    has: (userId) => users.has(userId),
    users: () => users.keys(),
    elsewhere: () => users.size - both,
    version: (instanceId) => instances.get(instanceId)?.version,
    set(instanceId, version, list) {
      drop(instanceId);
      instances.set(instanceId, { version, users: list });
      for (const userId of list) users.set(userId, (users.get(userId) ?? 0) + 1);
      countBoth();
    },
    keep(stays) {
      for (const id of [...instances.keys()]) if (!stays(id)) drop(id);
      countBoth();
    },
    localChanged(userId, online) {
      if (users.has(userId)) both += online ? 1 : -1;
    },
  };
}
