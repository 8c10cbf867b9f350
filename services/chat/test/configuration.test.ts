import { configurationTable, variablesReadBy } from '@gongu/testkit';
import { describe, expect, test } from 'vitest';
import { readChatEnv } from '../src/env.ts';

const REQUIRED = {
  DATABASE_URL: 'postgresql://127.0.0.1/gongu',
  JWT_SECRET: 'a shop signs its tokens with this one',
  SERVICE_JWT_SECRET: 'the services sign theirs with this one',
  ALLOWED_ORIGINS: '*',
  CONTENT_KEYS: `k1:${Buffer.alloc(32, 7).toString('base64')}`,
};

describe('docs/configuration.md on chat', () => {
  const rows = configurationTable('chat');

  test('has the variables that the service reads, and no others', () => {
    expect(rows.map(({ name }) => name).sort()).toEqual(variablesReadBy(readChatEnv, REQUIRED));
  });

  test.each(rows)('tells the default of $name: $fallback', ({ name, fallback, required }) => {
    const { [name as 'JWT_SECRET']: _, ...others } = { ...REQUIRED, JWKS_URL: 'https://shop.example/keys' };
    if (required) {
      expect(() => readChatEnv(others)).toThrow(`${name}: is not set`);
      return;
    }
    const value = (readChatEnv(others) as Readonly<Record<string, unknown>>)[name];
    expect(value === undefined ? null : String(value)).toBe(fallback);
  });
});
