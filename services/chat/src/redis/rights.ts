import type { Clock, Timer } from '@gongu/host';
import type { RedisClient } from './redis-url.ts';
import { redisWords } from './redis-words.ts';
import type { Refusals } from './refusals.ts';

/** What a connection needs to be allowed. */
export interface Needs {
  /** The rule for its keys or channels: `~gongu:presence:*`, `&gongu:bus:*`. */
  readonly place: string;
  /** For each rule of a command (`+time`), the command in a form that leaves nothing behind. */
  readonly commands: Readonly<Record<string, (client: RedisClient) => Promise<unknown>>>;
}

export interface RightsOptions {
  /** What the connection is for. */
  readonly name: string;
  readonly needs: Needs;
  readonly client: () => RedisClient | null;
  readonly clock: Clock;
  readonly refusals: Refusals;
}

/** Finds out what a connection may not do, by its name, before somebody misses it. */
export interface Rights {
  /** Tries all; call it for each new client. */
  check(): void;
  /** Whether Redis answered that it does not allow this. Then all is tried again, for it may have been allowed before. */
  isRefusal(error: unknown): boolean;
  close(): void;
}

/** Milliseconds between two tries while something is refused. */
const AGAIN_MS = 5_000;
/** Tries after which a refusal that none of them can find is forgotten: 30 s. */
const DOUBTS = 6;
/** The same of one that is nearly always found. */
const SHORT_DOUBTS = 2;

/** Redis 6 to 8 and Valkey, of an ACL and of a command that was renamed away; in a script, and by itself. */
const REFUSED = /NOPERM|ACL failure in script|user executing the script can't|unknown (?:redis )?command/i;
/** Nothing is written at all: no memory is left, or it is a replica, can't save, or has too few replicas. */
const WRITES_NOTHING = /(?:^|-)(?:OOM|READONLY|MISCONF|NOREPLICAS)\b/;
const OF_A_PLACE = /access (?:at least )?(?:one of the|a) (?:key|channel)/i;

export function createRights({ name, needs, client, clock, refusals }: RightsOptions): Rights {
  let timer: Timer | undefined;
  let isChecking = false;
  let again = false;
  let closed = false;
  /** Redis's own words for what no try finds: in a Cluster one node may have another ACL than its neighbour. */
  let doubt: string | null = null;
  let doubts = 0;

  function check(): void {
    again = isChecking;
    if (isChecking || closed) return;
    isChecking = true;
    clock.clear(timer);
    timer = undefined;
    void judge().finally(() => {
      isChecking = false;
      if (again) check();
    });
  }

  async function judge(): Promise<void> {
    const redis = client();
    if (!redis) return;
    const rules = Object.entries(needs.commands);
    const answers = await Promise.allSettled(rules.map(([, ask]) => ask(redis)));
    // An answer of a connection that broke says nothing.
    if (closed || client() !== redis) return;
    const missing = new Set<string>();
    let unanswered = 0;
    for (const [i, answer] of answers.entries()) {
      if (answer.status === 'fulfilled') continue;
      if (!isReply(answer.reason)) unanswered += 1;
      const rule = missingRule(answer.reason, rules[i]![0]);
      if (rule !== null) missing.add(rule);
    }
    if (unanswered > 0) timer = clock.setTimeout(check, AGAIN_MS);
    if (unanswered > 0 && missing.size === 0) return;
    doubts = missing.size > 0 ? 0 : doubts - 1;
    if (doubts <= 0) doubt = null;
    if (missing.size === 0 && doubt !== null) missing.add(doubt);
    refusals.tell(name, [...missing]);
    if (missing.size > 0) timer ??= clock.setTimeout(check, AGAIN_MS);
  }

  function missingRule(error: unknown, rule: string): string | null {
    if (!isRefused(error)) return null;
    if (writesNothing(error)) return wordsOf(error);
    return OF_A_PLACE.test(redisWords(error)) ? needs.place : rule;
  }

  return {
    check,
    isRefusal(error) {
      if (!isRefused(error)) return false;
      doubt = wordsOf(error);
      doubts = writesNothing(error) ? SHORT_DOUBTS : DOUBTS;
      if (!timer) check();
      return true;
    },
    close() {
      closed = true;
      clock.clear(timer);
    },
  };
}

/** Whether Redis said it, and not the client, of a command that was not answered in time. */
function isReply(error: unknown): boolean {
  return error instanceof Error && error.name === 'ReplyError';
}

/** Whether Redis is a replica, which takes no writes. */
export function isOfReplica(error: unknown): boolean {
  return error instanceof Error && /(?:^|-)READONLY\b/.test(error.message);
}

function isRefused(error: unknown): boolean {
  return error instanceof Error && (REFUSED.test(error.message) || writesNothing(error));
}

function writesNothing(error: unknown): boolean {
  return error instanceof Error && WRITES_NOTHING.test(error.message);
}

/** The same whether a script met it or a command by itself. */
function wordsOf(error: unknown): string {
  return redisWords(error).replace(/ script: .*/s, '');
}
