import { connect } from 'node:net';
import { expect, it } from 'vitest';
import { redisProgram, startRedis } from '../src/index.ts';

const test = it.skipIf(!redisProgram());

function ask(port: number, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(`${command}\r\n`));
    socket.once('data', (data) => {
      resolve(data.toString().trim());
      socket.destroy();
    });
    socket.once('error', reject);
  });
}

test('a Redis of its own: started, killed, started again on the same port, empty', async () => {
  const redis = await startRedis();
  try {
    expect(redis.url).toBe(`redis://127.0.0.1:${redis.port}`);
    expect(await ask(redis.port, 'SET a 1')).toBe('+OK');
    await redis.kill();
    await expect(ask(redis.port, 'PING')).rejects.toThrow('ECONNREFUSED');
    await redis.restart();
    expect(await ask(redis.port, 'EXISTS a')).toBe(':0');
    redis.pause();
    await redis.restart();
    expect(await ask(redis.port, 'PING')).toBe('+PONG');
  } finally {
    await redis.stop();
  }
});
