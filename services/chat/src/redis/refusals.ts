import type { Logger } from '@gongu/host';

/** What Redis answers but does not allow, of all connections of an instance. */
export interface Refusals {
  /**
   * What a connection may not do, as of now; empty: all is allowed.
   *
   * @param name what the connection is for
   * @param missing rules of an ACL: `+time`, `~gongu:presence:*`; a text of Redis's where no rule is known
   */
  tell(name: string, missing: readonly string[]): void;
  any(): boolean;
}

export function createRefusals({ log }: { log: Pick<Logger, 'info' | 'warn'> }): Refusals {
  const known = new Map<string, string>();
  return {
    tell(name, missing) {
      const said = missing.join(' ');
      if ((known.get(name) ?? '') === said) return;
      if (said === '') {
        known.delete(name);
        log.info({ event: 'redis.allowed', redis: name }, 'Redis allows all that this connection needs');
        return;
      }
      known.set(name, said);
      log.warn({ event: 'redis.refused', redis: name, missing }, `Redis does not allow this connection ${said}`);
    },
    any: () => known.size > 0,
  };
}
