import { setTimeout as sleep } from 'node:timers/promises';
import { fateOf } from './fate.ts';

/** Milliseconds in which a start may try again. */
const TRIES_MS = 15_000;
const PAUSE_MS = 250;

/**
 * What a start asks of a database that has just answered. A connection that does not come, or breaks before it is one, is
 * tried again for 15 s: a machine that stands still for a moment, or a database that is being restarted, is no reason to end.
 *
 * @throws what `ask` threw: at once where it was sent or refused
 */
export async function reached<T>(ask: () => Promise<T>): Promise<T> {
  const giveUpAt = performance.now() + TRIES_MS;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (fateOf(error) !== 'unsent' || performance.now() > giveUpAt) throw error;
    }
    await sleep(PAUSE_MS);
  }
}
