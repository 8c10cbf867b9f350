import { setTimeout as sleep } from 'node:timers/promises';
import type { System } from '@gongu/sim';
import type { Cast } from './cast.ts';
import type { Pace } from './pace.ts';

/** What every step has to hand. */
export interface Scene {
  readonly system: System;
  readonly cast: Cast;
  readonly pace: Pace;
  readonly productId: string;
  /** Tells what has just been seen. */
  readonly say: (text: string) => void;
  readonly stopping: AbortSignal;
}

/** @throws Error naming what was expected and did not show */
export function confirm(holds: boolean, expected: string): asserts holds {
  if (!holds) throw new Error(`expected: ${expected}`);
}

/** Asks again and again until it is so. @throws Error naming what did not come */
export async function eventually<T>(
  scene: Pick<Scene, 'stopping'>,
  what: string,
  ask: () => Promise<T | undefined>,
  timeoutMs = 20_000,
): Promise<T> {
  const giveUpAt = performance.now() + timeoutMs;
  for (;;) {
    const found = await ask().catch(() => undefined);
    if (found !== undefined) return found;
    if (performance.now() > giveUpAt) throw new Error(`expected within ${timeoutMs / 1_000} s: ${what}`);
    await sleep(50, undefined, { signal: scene.stopping });
  }
}

/** While `during` lasts, everybody says something once every {@link Pace.everyMs}, one after the other. */
export async function talkWhile<T>(scene: Scene, during: () => Promise<T>): Promise<T> {
  const { cast, pace } = scene;
  const people = cast.everybody();
  let turn = 0;
  const next = () => {
    const shopper = people[turn++ % people.length]!;
    // One whose network is gone talks on: it is said when he is back.
    if (shopper.place === 'in' || shopper.place === 'away') shopper.say(`말 ${Math.ceil(turn / people.length)}`);
  };
  const timer = setInterval(next, pace.everyMs / people.length);
  try {
    return await during();
  } finally {
    clearInterval(timer);
  }
}

/** `12 ms`, `1.3 s` */
export function duration(ms: number): string {
  return ms < 1_000 ? `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}

/** `one message`, `2 messages` */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`;
}
