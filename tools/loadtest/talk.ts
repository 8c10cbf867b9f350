import { setTimeout as sleep } from 'node:timers/promises';
import type { Shopper } from '@gongu/sim';

export interface TalkOptions {
  readonly shoppers: readonly Shopper[];
  /** Messages per second, of all together. */
  readonly rate: number;
  readonly seconds: number;
  readonly stopping: AbortSignal;
}

/** Milliseconds between looks at what is due. */
const TICK_MS = 5;

/**
 * Everybody speaks in turn, at a fixed rate. What is due counts as said at the moment when it was due: a slow moment of
 * ours or of the services is measured, not skipped.
 */
export async function talk({ shoppers, rate, seconds, stopping }: TalkOptions): Promise<void> {
  const beganAt = performance.now();
  const total = Math.round(rate * seconds);
  for (let said = 0; said < total; ) {
    const due = Math.min(total, Math.floor(((performance.now() - beganAt) / 1_000) * rate));
    for (; said < due; said++) {
      const content = `${said + 1}번째 말: 같이 사면 더 싸요, 언제까지 모을까요?`;
      shoppers[said % shoppers.length]!.say(content, { saidAtMs: beganAt + (said / rate) * 1_000 });
    }
    await sleep(TICK_MS, undefined, { signal: stopping });
  }
}
