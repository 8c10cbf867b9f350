import type { Check } from './check.ts';
import { LINES } from './lines.ts';
import { PURCHASES } from './purchases.ts';
import type { Scene } from './scene.ts';
import { SERVICE, STOP } from './service.ts';
import { TALK } from './talk.ts';

const AT_ONCE = 4;

export const CHECKS: readonly Check[] = [...PURCHASES, ...TALK, ...LINES, ...SERVICE, STOP];

/** What became of the checks in one place. */
export interface SmokeOutcome {
  readonly held: number;
  /** `name: what was expected`, one for each that did not hold. */
  readonly failed: readonly string[];
}

/**
 * Tries all checks, some at a time: each has its own product and people. The last one stops an instance, and comes alone.
 *
 * @param onChecked hears each as it is over; undefined: it held
 */
export async function runSmoke(
  scene: Scene,
  stopping: AbortSignal,
  onChecked: (name: string, why?: string) => void = () => {},
  checks = CHECKS,
): Promise<SmokeOutcome> {
  const failed: string[] = [];
  let held = 0;
  const one = async (check: Check) => {
    try {
      await check.run(scene);
      held += 1;
      onChecked(check.name);
    } catch (error) {
      const { message, cause } = error as Error;
      // What `fetch` says by itself is only that it failed.
      const why = cause instanceof Error ? `${message}: ${cause.message}` : message;
      failed.push(`${check.name}: ${why}`);
      onChecked(check.name, why);
    }
  };
  const waiting = checks.filter((check) => check !== STOP);
  const take = async () => {
    for (let next = waiting.shift(); next && !stopping.aborted; next = waiting.shift()) await one(next);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, take));
  if (!stopping.aborted && checks.includes(STOP)) await one(STOP);
  return { held, failed };
}
