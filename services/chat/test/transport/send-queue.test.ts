import { createServer, connect as netConnect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createFlusher, SendQueue } from '../../src/transport/send-queue.ts';

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** Both ends of a real TCP connection. */
async function pair(): Promise<{ near: Socket; far: Socket }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve));
  const far = netConnect((server.address() as { port: number }).port, '127.0.0.1');
  const near = await accepted;
  ends.push(() => {
    near.destroy();
    far.destroy();
    server.close();
  });
  return { near, far };
}
async function read(socket: Socket, bytes: number): Promise<string> {
  let text = '';
  for await (const chunk of socket) {
    text += chunk;
    if (text.length >= bytes) break;
  }
  return text;
}

describe('a send queue', () => {
  it('writes what one turn brought in its order, in one piece', async () => {
    const { near, far } = await pair();
    const queue = new SendQueue(near, createFlusher());
    const chunks: number[] = [];
    far.on('data', (chunk) => chunks.push(chunk.length));
    for (let i = 0; i < 100; i++) queue.push(Buffer.from('0123456789'));
    expect(queue.bytes).toBe(1_000);
    await expect.poll(() => chunks.reduce((sum, n) => sum + n, 0)).toBe(1_000);
    expect(chunks).toEqual([1_000]);
    expect(queue.bytes).toBe(0);
  });

  it('counts what the kernel has not taken, and tells when all of it has gone', async () => {
    const { near, far } = await pair();
    const queue = new SendQueue(near, createFlusher());
    let drained = 0;
    queue.onDrain({ drained: () => drained++ });
    const chunk = Buffer.alloc(1_048_576, 'x');
    for (let i = 0; i < 16; i++) queue.push(chunk);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(queue.bytes).toBeGreaterThan(1_048_576);
    expect(drained).toBe(0);
    await read(far, 16 * 1_048_576);
    await expect.poll(() => drained).toBe(1);
    expect(queue.bytes).toBe(0);
  });

  it('tells so as well when the kernel takes everything at once, in one piece or several', async () => {
    const { near, far } = await pair();
    far.resume();
    const queue = new SendQueue(near, createFlusher());
    let drained = 0;
    queue.onDrain({ drained: () => drained++ });
    for (const pieces of [[200_000], [1], [100_000, 100_000], [1, 1]]) {
      for (const bytes of pieces) queue.push(Buffer.alloc(bytes, 'x'));
      const before = drained;
      await expect.poll(() => drained, { message: `${pieces} bytes` }).toBeGreaterThan(before);
      expect(queue.bytes).toBe(0);
    }
  });

  it('forgets what was queued for a connection that is gone, and throws nothing', async () => {
    const { near } = await pair();
    near.on('error', () => {});
    const queue = new SendQueue(near, createFlusher());
    queue.push(Buffer.from('a'));
    near.destroy();
    queue.flush();
    queue.push(Buffer.from('b'));
    queue.clear();
    expect(queue.bytes).toBe(0);
    await new Promise((resolve) => setImmediate(resolve));
  });
});

describe('the end of a turn', () => {
  it('writes what a task of it queued with what the turn queued, in one piece', async () => {
    const { near, far } = await pair();
    const flusher = createFlusher();
    const queue = new SendQueue(near, flusher);
    const chunks: string[] = [];
    far.on('data', (chunk) => chunks.push(String(chunk)));
    queue.push(Buffer.from('the turn, '));
    flusher.fill(() => queue.push(Buffer.from('its end')));
    await new Promise((resolve) => setImmediate(resolve));
    expect(queue.bytes).toBe(0);
    await expect.poll(() => chunks).toEqual(['the turn, its end']);
  });

  it('comes again for what is queued or asked for in it', async () => {
    const { near, far } = await pair();
    const flusher = createFlusher();
    const queue = new SendQueue(near, flusher);
    flusher.fill(() => {
      queue.push(Buffer.from('a'));
      flusher.fill(() => queue.push(Buffer.from('b')));
    });
    expect(await read(far, 2)).toBe('ab');
  });
});
