import { expect, it } from 'vitest';
import { redisWords } from '../../src/redis/redis-words.ts';

it('tells of an error what may be in a log', () => {
  expect(redisWords(new Error('WRONGPASS invalid username-password pair'))).toBe(
    'WRONGPASS invalid username-password pair',
  );
  // What a server answers that does not know the command with the password.
  expect(redisWords(new Error("ERR unknown command 'AUTH', with args beginning with: 'ann' 'hunter2'\n"))).toBe(
    "ERR unknown command 'AUTH'",
  );
  expect(redisWords(new Error('ERR unknown command `HELLO`, with args beginning with: `3`, `AUTH`, `hunter2`'))).toBe(
    'ERR unknown command `HELLO`',
  );
  const ofCluster = Object.assign(new Error('Failed to refresh slots cache.'), { lastNodeError: new Error('refused') });
  expect(redisWords(ofCluster)).toBe('Failed to refresh slots cache: refused');
  expect(redisWords('lost')).toBe('lost');
});
