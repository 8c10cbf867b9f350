import { spawnSync } from 'node:child_process';
import { buildSync } from 'esbuild';
import { expect, test } from 'vitest';
import { redactUrl } from '../src/index.ts';
import { logLines } from './fixture/log-lines.ts';

test('lines are JSON with the level as a word, an ISO time and the service', () => {
  const { log, lines } = logLines('info');
  log.info({ roomId: 'r1' }, 'room opened');
  log.debug('not at this level');
  expect(lines).toMatchObject([{ level: 'info', service: 'test', roomId: 'r1', msg: 'room opened' }]);
  expect(lines[0]?.time).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
});

test('no token reaches a log, whatever it hides in', () => {
  const { log, text } = logLines();
  const secret = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJzZWNyZXQifQ.secret';
  log.info({
    authorization: `Bearer ${secret}`,
    token: secret,
    headers: { authorization: secret, cookie: secret },
    request: { headers: { authorization: secret } },
    connect: { passcode: secret },
    ticket: secret,
    url: `/ws/chat?sessionId=1&token=${secret}`,
    err: new Error(`GET /ws?token=${secret} failed`, { cause: new Error(`ticket: ?ticket=${secret}`) }),
  });
  log.error(new Error(`at /ws?access_token=${secret}`));
  log.warn({ frame: `CONNECT\npasscode:${secret}\n\n` }, `bearer.${secret} was refused`);
  expect(text()).not.toContain('secret');
  expect(text()).toContain('/ws/chat?sessionId=1&token=[redacted]');
});

test.each([
  ['/ws?token=a.b.c', '/ws?token=[redacted]'],
  ['/ws?room=1&TICKET=x#y', '/ws?room=1&TICKET=[redacted]#y'],
  ['/ws?token=Bearer%20a.b&x=1', '/ws?token=[redacted]&x=1'],
  ['/tokens?tokenless=1', '/tokens?tokenless=1'],
  ['/ws/chat/000/abcd1234/xhr?t=1', '/ws/chat/000/[redacted]/xhr?t=1'],
  ['/ws/chat-sockjs/417/a1b2/xhr_send', '/ws/chat-sockjs/417/[redacted]/xhr_send'],
  ['/ws/chat/000/abcd1234', '/ws/chat/000/[redacted]'],
  ['/ws/chat/000/abcd1234/nothing', '/ws/chat/000/[redacted]/nothing'],
  ['/WS/chat/000/%61bcd/XHR', '/WS/chat/000/[redacted]/XHR'],
  ['/shop/ws/chat/000/abcd/eventsource', '/shop/ws/chat/000/[redacted]/eventsource'],
  ['/other/000/abcd/websocket', '/other/000/[redacted]/websocket'],
  ['/ws?%74oken=a.b.c', '/ws?token=[redacted]'],
  ['/ws?room=1&%74%69%63ket=x', '/ws?room=1&ticket=[redacted]'],
  ['/x/%65%79JhbGciOi%2EeyJzdWIi%2ec2ln', '/x/[redacted]'],
  ['/%77s/ch%61t/000/abcd/%78hr_send', '/ws/chat/000/[redacted]/xhr_send'],
  ['/ws/chat/000/%ea%b0%80%2F1/xhr', '/ws/chat/000/[redacted]/xhr'],
  ['/x?r=%EA%B0%80%20%2F%5B%60%7b', '/x?r=%EA%B0%80%20%2F%5B%60%7b'],
  ['/search?q=%EA%B0%80%20a&limit=2', '/search?q=[redacted]&limit=2'],
  ['/search?limit=2&cursor=WyJhIl0', '/search?limit=2&cursor=[redacted]'],
  ['/search?limit=2&Q=words', '/search?limit=2&Q=[redacted]'],
  ['/x?query=words&faq=1', '/x?query=words&faq=1'],
  // Who has the signature gets the file, or puts one there; and the other one has the file's name.
  [
    '/files/a?type=x%2Fy&disposition=attachment%3B+filename*%3DUTF-8%27%27a.pdf&signature=a_-b',
    '/files/a?type=x%2Fy&disposition=[redacted]&signature=[redacted]',
  ],
  [
    '/b/a?X-Amz-Date=1&X-Amz-Signature=ab&response-content-disposition=inline%3B%20filename%3Da',
    '/b/a?X-Amz-Date=1&X-Amz-Signature=[redacted]&response-content-disposition=[redacted]',
  ],
  ['/login?next=%2Fws%3Ftoken%3Da.b.c', '/login?next=%2Fws%3Ftoken%3D[redacted]'],
  ['/login?next=%252Fws%253Fticket%253Da.b', '/login?next=%252Fws%253Fticket%253D[redacted]'],
  ['/login?next=/ws%3fa=1%26token=a.b#c', '/login?next=/ws%3fa=1%26token=[redacted]#c'],
  ['/ws?%2574oken=a.b.c', '/ws?token=[redacted]'],
  ['/ws?a=1;token=a', '/ws?a=1;token=[redacted]'],
  [
    '/cb?refresh_token=a&id-token=b&client_secret=c&code=d',
    '/cb?refresh_token=[redacted]&id-token=[redacted]&client_secret=[redacted]&code=d',
  ],
  ['/x?token[]=a&token%5B0%5D=b&user[token]=c', '/x?token[]=[redacted]&token%5B0%5D=[redacted]&user[token]=[redacted]'],
  [
    '/x?Authorization=Bearer%20a&apiKey=b&jwt=c&password=d',
    '/x?Authorization=[redacted]&apiKey=[redacted]&jwt=[redacted]&password=[redacted]',
  ],
  ['/x/eyJhbGciOi%252EeyJzdWIi%252ec2ln', '/x/[redacted]'],
  ['/ws/chat/info', '/ws/chat/info'],
  ['/ws/chat?sessionId=r1', '/ws/chat?sessionId=r1'],
  ['/api/chat/rooms/r1/messages', '/api/chat/rooms/r1/messages'],
])('%s is logged as %s', (url, logged) => {
  expect(redactUrl(url)).toBe(logged);
});

test.each([
  ['beyond letters', 'xeyJhbGciOi.eyJzdWIi.c2ln', 'x[redacted]'],
  ['without a signature', 'eyJhbGciOi.eyJzdWIi. and more', '[redacted] and more'],
  ['twice', 'eyJhbGciOi.a.b,eyJhbGciOi.c.d', '[redacted],[redacted]'],
  ['as the payload of what is none', 'eyJ.eyJhbGciOi.eyJzdWIi.c2ln', 'eyJ.[redacted]'],
  ['whose header has a blank in front', 'a/eyAiYWxnIjoiSFMyNTYifQ.eyJzdWIi.c2ln', 'a/[redacted]'],
  ['whose header has a line end in front', 'a ewogImFsZyI6IkhTMjU2In0.eyJzdWIi.c2ln', 'a [redacted]'],
  ['no token: a host', 'framework-of-a-certain-shop.example.net', 'framework-of-a-certain-shop.example.net'],
  ['no token: too short', 'eyJab.c.d', 'eyJab.c.d'],
  ['no token: two parts', 'eyJhbGciOi.eyJzdWIi', 'eyJhbGciOi.eyJzdWIi'],
  ['no token: nothing between the points', 'eyJhbGciOi..x', 'eyJhbGciOi..x'],
])('a token %s', (_, text, logged) => {
  expect(redactUrl(text)).toBe(logged);
});

test.each([
  'a?token="b',
  'a&ticket=\\',
  'a?token=b\\"c\\\\"d',
  '"?token=x\u0001"',
  '/ws/chat/a"/b\\/xhr',
  'eyJhbGciOi.eyJzdWIi."',
])('a line stays JSON, and its other fields stay, whatever stands in a text: %j', (given) => {
  const { log, lines } = logLines();
  log.info({ userId: given, path: given, list: [given], after: 'kept' }, given);
  expect(lines).toMatchObject([{ after: 'kept', service: 'test' }]);
});

test('what is percent-encoded without need stays as it was where it hides nothing', () => {
  const { log, lines } = logLines();
  log.info({ userId: 'a%41b' });
  expect(lines).toMatchObject([{ userId: 'a%41b' }]);
  expect(redactUrl('/api/a%41b?%74oken=c')).toBe('/api/aAb?token=[redacted]');
});

/** The work of a text must grow as its length does: 16 times as long, and far less than the 256 times of a square. */
test.each([
  ['beginnings of tokens', 'eyJ'],
  ['beginnings of headers', 'eyJhbGciOi.'],
  ['tokens', 'eyJhbGciOi.eyJzdWIi.c2ln,'],
  ['queries', '?token='],
  ['sessions', '/ws/chat/000/abcd/xhr'],
  ['sessions without an end', '/ws/chat/'],
  ['transports', '/xhr'],
  ['slashes after one', '/websocket//////'],
  ['queries that go on', '&ticket=a?token=b'],
  ['letters that need no escape', '%65'],
  ['escapes of escapes', '%25'],
  ['marks that are escaped', '%26'],
  ['names that are nearly long enough', `?${'n'.repeat(32)}`],
  ['names of secrets without a value', '?tokentoken'],
  ['beginnings of headers with a blank', ',eyAiYWxnIjoiSFMyNTYifQ.'],
])('64 KiB of %s are redacted in time that grows with the length', (_, piece) => {
  const cpuMs = (bytes: number) => {
    const text = piece.repeat(Math.ceil(bytes / piece.length));
    const samples = Array.from({ length: 7 }, () => {
      const before = process.cpuUsage();
      for (let i = 0; i < 65_536 / bytes; i++) redactUrl(text);
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1_000;
    });
    return Math.min(...samples);
  };
  cpuMs(4_096);
  // The same bytes in one text and in sixteen: a square would make the one sixteen times as dear.
  expect(cpuMs(65_536)).toBeLessThan(4 * cpuMs(4_096) + 5);
});

test('an error keeps its code and its causes', () => {
  const { log, lines } = logLines();
  const error = Object.assign(new Error('outer', { cause: new TypeError('inner') }), { code: 'E1' });
  log.error({ err: error }, 'failed');
  expect(lines[0]?.err).toMatchObject({ name: 'Error', message: 'outer', code: 'E1', cause: { name: 'TypeError' } });
});

test.each([
  ['ends by itself', ''],
  ['exits', 'process.exit(0);'],
  ['throws', "throw new Error('the end');"],
])('without a stream the lines go to standard output, all of them when the process %s', (_, end) => {
  const lines = outputOf(`for (let i = 0; i < 3; i++) log.info({ i }, 'line'); ${end}`).trim().split('\n');
  expect(lines.map((line) => JSON.parse(line).i)).toEqual([0, 1, 2]);
});

test('a process that has nothing to say has no timer for its log, and one line a single one', () => {
  const program = `const timers = [];
    for (const name of ['setInterval', 'setTimeout']) {
      const set = globalThis[name];
      globalThis[name] = (...given) => { timers.push(name); return set(...given); };
    }
    const idle = createLog({ service: 'x' });
    const before = timers.length;
    for (let i = 0; i < 3; i++) idle.info({ before, after: timers }, 'line');`;
  const lines = outputOf(program).trim().split('\n');
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { before: 0, after: [] },
    { after: ['setTimeout'] },
    { after: ['setTimeout'] },
  ]);
});

test('a line that comes while others are being written is written after them, however long that takes', () => {
  // The last line is seen where it is written: at its end a process writes whatever is left.
  const program = `const write = fs.write;
    let calls = 0;
    fs.write = (fd, text, done) => {
      if (text.includes('last')) process.exit(7);
      calls++;
      write.call(fs, fd, text, (...given) => setTimeout(() => done(...given), 400));
    };
    log.info({ long: Array(9).fill('x'.repeat(1_000)) }, 'first');
    const waiting = setInterval(() => {
      if (calls !== 1) return;
      clearInterval(waiting);
      log.info('last');
      setTimeout(() => process.exit(8), 10_000);
    }, 5);`;
  expect(endOf(`import fs from 'node:fs'; ${program}`)).toMatchObject({ status: 7 });
});

/** Standard output of a process with a log of its own, named `log`. */
function outputOf(program: string): string {
  return endOf(program).stdout;
}

function endOf(program: string) {
  const contents = `import { createLog } from '../src/log.ts'; const log = createLog({ service: 'x' }); ${program}`;
  const bundle = buildSync({
    ...{ stdin: { contents, resolveDir: import.meta.dirname, loader: 'ts' }, write: false, bundle: true },
    ...{ platform: 'node', format: 'esm', packages: 'external' },
  }).outputFiles[0]!.text;
  return spawnSync(process.execPath, ['--input-type=module', '-e', bundle], {
    ...{ encoding: 'utf8', cwd: import.meta.dirname },
  });
}

test('what is long is cut at 2 KiB, whatever field it stands in, and its tokens are hidden before that', () => {
  const { log, lines } = logLines();
  const long = 'x'.repeat(10_000);
  const token = `eyJhbGciOiJIUzI1NiJ9.${'p'.repeat(4_000)}.s`;
  log.warn(
    { origin: long, headers: { 'user-agent': long, via: [long, 'b'] }, path: `/${'y'.repeat(2_000)}?${token}` },
    'm',
  );
  log.error({ err: new Error(long, { cause: new Error(`cause ${long}`) }) }, 'failed');
  const [first, second] = lines as Record<string, never>[];
  expect(first).toMatchObject({ origin: `${'x'.repeat(2_048)}…`, headers: { via: [`${'x'.repeat(2_048)}…`, 'b'] } });
  expect(JSON.stringify(first)).not.toContain('ppp');
  expect(JSON.stringify(first).length).toBeLessThan(4 * 2_200);
  expect(JSON.stringify(second).length).toBeLessThan(4 * 2_200 + 2_000);
  expect(JSON.stringify(second)).toContain('log.test.ts');
});
