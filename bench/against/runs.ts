import type { Measurement, OpenMeasurement, Step } from '../generator.ts';
import { interleaved } from '../interleaved.ts';
import type { RunOfBoth, Side } from './pairs.ts';

/** One side after the other, each with the machine for itself: of what is not made of steps. */
export async function oneAfterTheOther(
  order: readonly Side[],
  run: (side: Side) => Promise<readonly Measurement[]>,
  signal: AbortSignal,
): Promise<RunOfBoth> {
  const found: Record<Side, readonly Measurement[] | null> = { that: null, this: null };
  const failed: { side: Side; error: unknown }[] = [];
  for (const side of order) {
    try {
      found[side] = await run(side);
    } catch (error) {
      if (signal.aborted) throw error;
      failed.push({ side, error });
    }
  }
  return { ...found, failed };
}

/** A side that runs, with its connections. */
export interface LoadedSide extends Pick<OpenMeasurement, 'connect' | 'step'> {
  /** Ends connections and servers. */
  stop(): Promise<void>;
}

export interface TurnsOptions {
  /** Whose turn it is first. */
  readonly order: readonly Side[];
  readonly open: (side: Side) => Promise<LoadedSide>;
  /** Steps of each side before those that count. */
  readonly warmUp: number;
  /** Steps of each side that count. */
  readonly measured: number;
  readonly signal: AbortSignal;
}

/**
 * Both sides at once, taking turns of a step: what the machine does for some seconds meets both alike. When one fails, the
 * other has no result either.
 */
export async function takingTurns({ order, open, warmUp, measured, signal }: TurnsOptions): Promise<RunOfBoth> {
  const loaded: Partial<Record<Side, LoadedSide>> = {};
  const steps: Record<Side, Step[]> = { that: [], this: [] };
  let side = order[0]!;
  try {
    for (side of order) loaded[side] = await open(side);
    for (const [i, round] of interleaved(warmUp + measured, order).entries()) {
      for (side of round) {
        const step = await loaded[side]!.step();
        if (i >= warmUp) steps[side].push(step);
      }
    }
    const whole = (one: Side): Measurement[] => [
      { connect: loaded[one]!.connect, steps: steps[one], closed: 0, final_error: '' },
    ];
    return { that: whole('that'), this: whole('this'), failed: [] };
  } catch (error) {
    if (signal.aborted) throw error;
    return { that: null, this: null, failed: [{ side, error }] };
  } finally {
    await Promise.all(Object.values(loaded).map((one) => one.stop()));
  }
}
