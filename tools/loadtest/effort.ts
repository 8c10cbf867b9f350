import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Target } from './target.ts';

/** What the talk cost. */
export interface Effort {
  readonly seconds: number;
  /** Cores that this process used, and each instance where it can be asked. */
  readonly cores: readonly { readonly name: string; readonly cores: number }[];
  /** How late this process came to its own work: what is measured may be slower than it was by as much. */
  readonly ownDelayP99Ms: number;
}

/** Milliseconds between two looks at the own delay; they are part of every measurement of it. */
const LOOK_MS = 10;

/** Begins to measure; the returned function ends it. */
export async function measureEffort({ instances }: Pick<Target, 'instances'>): Promise<() => Promise<Effort>> {
  const before = await Promise.all(instances.map(({ url }) => cpuSeconds(url)));
  const own = process.cpuUsage();
  const beganAt = performance.now();
  const delay = monitorEventLoopDelay({ resolution: LOOK_MS });
  delay.enable();
  return async () => {
    delay.disable();
    const seconds = (performance.now() - beganAt) / 1_000;
    const { user, system } = process.cpuUsage(own);
    const after = await Promise.all(instances.map(({ url }) => cpuSeconds(url)));
    const cores = instances.map(({ name }, i) => ({ name, cores: (after[i]! - before[i]!) / seconds }));
    return {
      seconds,
      cores: [{ name: 'load generator', cores: (user + system) / 1e6 / seconds }, ...cores],
      ownDelayP99Ms: Math.max(0, delay.percentile(99) / 1e6 - LOOK_MS),
    };
  };
}

async function cpuSeconds(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^process_cpu_seconds_total\b.*? ([\d.e+-]+)$/m.exec(text)?.[1] ?? 0);
}
