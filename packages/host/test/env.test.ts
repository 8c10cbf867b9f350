import { expect, test } from 'vitest';
import { z } from 'zod';
import { EnvError, envFields, readEnv } from '../src/index.ts';

const SECRET = 'k'.repeat(32);

const Schema = z.object({
  PORT: envFields.port(8080),
  POOL: envFields.int(10, { min: 1, max: 100 }),
  REQUIRED: envFields.int(),
  ANONYMOUS: envFields.bool(true),
  JWT_SECRET: envFields.secret(),
  DATABASE_URL: envFields.url({ protocols: ['postgresql:', 'postgres:'] }),
  CHAT_URL: envFields.url({ fallback: 'http://127.0.0.1:8080' }),
  EXPIRE_CRON: envFields.cron('*/5 * * * * *'),
  ALLOWED_ORIGINS: envFields.origins(),
  LOBBY: envFields.textOrEmpty('lobby'),
  HOST: envFields.text('0.0.0.0'),
  LOG_LEVEL: envFields.logLevel(),
  TRUST_PROXY: envFields.trustProxy(),
});

const complete = {
  REQUIRED: '5',
  JWT_SECRET: SECRET,
  DATABASE_URL: 'postgresql://u:p@localhost/db',
  ALLOWED_ORIGINS: '*',
};

function problemsOf(source: NodeJS.ProcessEnv): Record<string, string> {
  try {
    readEnv(Schema, source);
  } catch (error) {
    if (error instanceof EnvError)
      return Object.fromEntries(error.problems.map(({ name, message }) => [name, message]));
    throw error;
  }
  return {};
}

test('defaults stand for what is unset, and for what is empty', () => {
  expect(readEnv(Schema, { ...complete, PORT: '', LOG_LEVEL: ' ', OTHER: 'x' })).toEqual({
    PORT: 8080,
    POOL: 10,
    REQUIRED: 5,
    ANONYMOUS: true,
    JWT_SECRET: SECRET,
    DATABASE_URL: 'postgresql://u:p@localhost/db',
    CHAT_URL: 'http://127.0.0.1:8080',
    EXPIRE_CRON: '*/5 * * * * *',
    ALLOWED_ORIGINS: '*',
    LOBBY: 'lobby',
    HOST: '0.0.0.0',
    LOG_LEVEL: 'info',
    TRUST_PROXY: false,
  });
});

test('all bad variables are named at once, a line each', () => {
  expect(problemsOf({ JWT_SECRET: 'short-secret', PORT: '70000', ANONYMOUS: 'maybe', EXPIRE_CRON: 'often' })).toEqual({
    PORT: 'must be a whole number from 0 to 65535 (got "70000")',
    REQUIRED: 'is not set',
    ANONYMOUS: 'must be true or false (got "maybe")',
    JWT_SECRET: 'must be at least 32 bytes (got 12)',
    DATABASE_URL: 'is not set',
    EXPIRE_CRON: 'must be a cron expression (got "often")',
    ALLOWED_ORIGINS: 'is not set',
  });
  expect(() => readEnv(Schema, {})).toThrow(/^the environment is not complete:\n( {2}[A-Z_]+: .+\n?){4}$/);
});

test.each([
  ...['http://ann:secret@chat:8080', 'https://ann@chat', 'HTTPS://:secret@chat/x', 'http://%61nn:s%65cret@chat'],
])('an address with a user or a password, which no request can go to, is refused without quoting it (%#)', (url) => {
  const problems = problemsOf({ ...complete, CHAT_URL: url });
  expect(problems).toEqual({ CHAT_URL: 'must not have a user or a password' });
});

test.each(['http://chat:8080/chat', 'https://shop.example/a/', 'http://chat?x=1', 'http://chat/#x'])(
  'an address to which paths are put is refused with one of its own, %s, and taken without',
  (url) => {
    const fields = z.object({ CHAT_URL: envFields.url({ protocols: ['http:', 'https:'], bare: true }) });
    const problem = 'CHAT_URL: must end with its host and port: no path, no ? and no #';
    expect(() => readEnv(fields, { CHAT_URL: url })).toThrow(problem);
    const { origin } = new URL(url);
    for (const taken of [origin, `${origin}/`])
      expect(readEnv(fields, { CHAT_URL: taken })).toEqual({ CHAT_URL: taken });
  },
);

test('no message holds a secret or a password', () => {
  const message = JSON.stringify(
    problemsOf({ ...complete, JWT_SECRET: 'hunter2', DATABASE_URL: 'mysql://user:hunter3@db/x' }),
  );
  expect(message).not.toMatch(/hunter/);
  expect(message).toContain('must be a URL that begins with postgresql:// or postgres://');
});

test('a secret counts in bytes of UTF-8 and is used as it is', () => {
  const korean = '비밀비밀비밀비밀비밀비 '; // 11 characters of three bytes and a space: 34
  expect(readEnv(Schema, { ...complete, JWT_SECRET: korean }).JWT_SECRET).toBe(korean);
});

test('an empty text can mean just that', () => {
  expect(readEnv(Schema, { ...complete, LOBBY: '' }).LOBBY).toBe('');
});

test('origins are written as browsers write them', () => {
  const origins = (ALLOWED_ORIGINS: string) => readEnv(Schema, { ...complete, ALLOWED_ORIGINS }).ALLOWED_ORIGINS;
  expect(origins('https://Shop.example/, http://localhost:5173 ,https://a.example:443,capacitor://localhost')).toEqual([
    'https://shop.example',
    'http://localhost:5173',
    'https://a.example',
    'capacitor://localhost',
  ]);
  expect(problemsOf({ ...complete, ALLOWED_ORIGINS: 'shop.example' })).toHaveProperty('ALLOWED_ORIGINS');
  expect(
    origins('HTTPS://*.Shop.Example:443/ , http://*.localhost:5173,https://*.가게.example,https://가게.kr/a?b#c'),
  ).toEqual([
    ...['https://*.shop.example', 'http://*.localhost:5173', 'https://*.xn--o39akk.example', 'https://xn--o39akk.kr'],
  ]);
  expect(origins('http://shop.example:80,https://[2001:DB8::1]:8443,capacitor://localhost/,ionic://Localhost')).toEqual(
    [...['http://shop.example', 'https://[2001:db8::1]:8443', 'capacitor://localhost', 'ionic://localhost']],
  );
  expect(problemsOf({ ...complete, ALLOWED_ORIGINS: 'https://a.example,*' })).toHaveProperty('ALLOWED_ORIGINS');
});

test.each([
  ...[
    'https://*',
    'https://*.kr',
    'https://*.',
    'https://*.*.shop.example',
    'https://a*.shop.example',
    'https://shop.*',
  ],
  ...['https://shop.example:*', 'https://a.*.example', '*.shop.example', 'http*://shop.example', '*://shop.example'],
  ...['https://*.127.0.0.1', 'https://*.[::1]', 'https://%2a.shop.example', 'null', 'localhost:5173', '//shop.example'],
  ...['wss://shop.example', 'ftp://shop.example', 'https://a.example https://b.example', 'https://', '', ' , ', '**'],
  ...['https://a.example,', '/https://a.example/', 'capacitor://*', '"https://a.example"', 'https://*.shop.example,*'],
])('ALLOWED_ORIGINS=%s, which no browser would ever match, is refused by one line', (text) => {
  const problems = problemsOf({ ...complete, ALLOWED_ORIGINS: text });
  expect(problems).toHaveProperty('ALLOWED_ORIGINS');
  expect(JSON.stringify(problems)).not.toContain('\\n');
});

test('TRUST_PROXY: nobody, everybody, or named networks', () => {
  const trust = (TRUST_PROXY: string) => readEnv(Schema, { ...complete, TRUST_PROXY }).TRUST_PROXY;
  expect([trust('false'), trust('TRUE'), trust('10.0.0.0/8, ::1, loopback')]).toEqual([
    false,
    true,
    ['10.0.0.0/8', '::1', 'loopback'],
  ]);
  expect(trust('LOOPBACK, 2001:DB8::/32')).toEqual(['loopback', '2001:db8::/32']);
  expect(trust('203.0.113.5:4711, [2001:DB8::1]:4711, [::1], ::ffff:10.0.0.7')).toEqual([
    ...['203.0.113.5', '2001:db8::1', '::1', '10.0.0.7'],
  ]);
  for (const bad of [
    ...['10.0.0.0/99', '10.0.0.0/0', '::/0', '10.0.0.0/8:80', '10.0.0.0/8,', ',', '10.0.0.0/8 10.0.0.1'],
    ...['10.0.0.1:port', '[10.0.0.0/8]', '[::1', '10.0.0.0/', '10.0.0.0/8/8', '10.0.0.0/0x8'],
  ]) {
    expect(problemsOf({ ...complete, TRUST_PROXY: bad })).toHaveProperty('TRUST_PROXY');
  }
  expect(problemsOf({ ...complete, TRUST_PROXY: 'nginx' })).toHaveProperty('TRUST_PROXY');
});
