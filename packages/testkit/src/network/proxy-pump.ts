import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** What a proxy does to what passes through it. */
export type ProxyMode =
  | { kind: 'pass' }
  | { kind: 'delay'; ms: number }
  | { kind: 'throttle'; bytesPerSecond: number }
  | { kind: 'blackHole' };

/** Above it the source is no longer read, so that a slow way out slows down the way in. */
const HIGH_WATER_BYTES = 64 * 1024;

/** Carries one direction, in order, as the mode of the moment says. */
export function pump(from: Socket, to: Socket, mode: () => ProxyMode): void {
  const queue: { chunk: Buffer; atMs: number }[] = [];
  let queuedBytes = 0;
  let ended = false;
  let running = false;
  let lost = false;

  async function run(): Promise<void> {
    running = true;
    for (let next = queue.shift(); next; next = queue.shift()) {
      await carry(next.chunk, next.atMs);
      queuedBytes -= next.chunk.length;
      if (queuedBytes < HIGH_WATER_BYTES) from.resume();
    }
    running = false;
    if (ended && mode().kind !== 'blackHole') to.end();
  }

  async function carry(chunk: Buffer, atMs: number): Promise<void> {
    const now = mode();
    if (now.kind === 'blackHole') {
      lost = true;
      return;
    }
    // TCP sends again what was lost, or gives up; it never goes on behind it.
    if (lost) return reset();
    if (now.kind === 'delay') await sleep(Math.max(0, atMs + now.ms - Date.now()));
    if (now.kind !== 'throttle') return write(chunk);
    // Twenty slices a second, so that a change of mode is noticed within one.
    const size = Math.max(1, Math.floor(now.bytesPerSecond / 20));
    const slice = chunk.subarray(0, size);
    await sleep((slice.length / now.bytesPerSecond) * 1000);
    await write(slice);
    if (chunk.length > size) await carry(chunk.subarray(size), atMs);
  }

  function reset(): void {
    from.resetAndDestroy();
    to.resetAndDestroy();
  }

  async function write(chunk: Buffer): Promise<void> {
    if (to.destroyed || to.write(chunk)) return;
    await new Promise<void>((resolve) => {
      to.once('drain', resolve);
      to.once('close', resolve);
    });
  }

  from.on('data', (chunk: Buffer) => {
    queue.push({ chunk, atMs: Date.now() });
    queuedBytes += chunk.length;
    if (queuedBytes >= HIGH_WATER_BYTES && mode().kind !== 'delay') from.pause();
    if (!running) void run();
  });
  from.on('end', () => {
    ended = true;
    if (!running && mode().kind !== 'blackHole') to.end();
  });
  from.on('error', () => {}); // 'close' follows
  from.on('close', (hadError) => {
    if (mode().kind === 'blackHole') return;
    if (hadError) to.resetAndDestroy();
    else if (!running) to.end();
  });
}
