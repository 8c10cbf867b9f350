import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { keepSecrets } from '../start/secrets.ts';

let dir: string;
let file: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'gongu-secrets-'));
  file = join(dir, 'secrets.json');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

it('secrets are made once, and are for their owner alone', () => {
  const made = keepSecrets(file);
  expect(keepSecrets(file)).toEqual(made);
  expect(Buffer.from(made.PUSH_KEY, 'base64url')).toHaveLength(32);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

it('a file of a version without them gets keys, and keeps what it has', () => {
  const old = { JWT_SECRET: 'a'.repeat(40), SERVICE_JWT_SECRET: 'b'.repeat(40) };
  writeFileSync(file, JSON.stringify(old));
  const kept = keepSecrets(file);
  expect(kept).toEqual({
    ...old,
    PUSH_KEY: expect.any(String),
    ADDRESS_KEYS: expect.stringMatching(/^k1:[\w+/]{43}=$/),
    CONTENT_KEYS: expect.stringMatching(/^k1:[\w+/]{43}=$/),
    SHOP_JWT_SECRET: expect.any(String),
  });
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(kept);
});
