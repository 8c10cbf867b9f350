import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CodeBlock, expiredToken, inRepository, probe, readMarkdown, userToken } from '@gongu/testkit';
import pg from 'pg';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Run } from './fixture/installation.ts';
import { installForTests, ready, stop, TIMEOUT_MS } from './fixture/start.ts';

/** Documents whose shell samples are for a system that runs. */
const FILES = ['README.md', 'docs/http-api.md', 'docs/operations.md', 'docs/troubleshooting.md'];
/** Of another place, or of minutes: other tests run these, or what is behind them. */
const ELSEWHERE = [
  /^npx -y pnpm@12 (?:start|test|reset|install|build|admin)\b/,
  /^git clone /,
  /^cp \.env\.example /,
  /^docker compose /,
  /^(?:createdb|pg_restore) /,
  /^DATABASE_URL=postgresql:\/\/(?:chat|trade):…/,
];
const A_UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;
/** `NAME=what stands for something of one's own`. */
const ASSIGNMENT = /^([A-Z_]+)=/;

interface Sample {
  readonly at: string;
  readonly command: string;
}

/** Commands of a block: a line that ends with `\` goes on. */
function commandsOf(file: string, { text, line }: CodeBlock): Sample[] {
  const commands = text.replace(/\\\n\s*/g, '').split('\n');
  return commands.filter((one) => one.trim() !== '').map((command) => ({ at: `${file}:${line}`, command }));
}

const samples = FILES.flatMap((file) =>
  readMarkdown(file)
    .blocks.filter(({ language }) => language === 'sh')
    .flatMap((block) => commandsOf(file, block)),
).filter(({ command }) => !ELSEWHERE.some((one) => one.test(command)));
const assigned = samples.flatMap(({ command }) => ASSIGNMENT.exec(command)?.[1] ?? []);
const runnable = samples.filter(({ command }) => !ASSIGNMENT.test(command));

const here = installForTests({ oneRun: true });
let system: Run;
let database: pg.Client;
/** What the samples name. */
let variables: Readonly<Record<string, string>>;
/** Of a purchase that both services have logged. */
let requestId: string;
/** Of a socket that was let in. */
let connectionId: string;

async function post(path: string, token: string, body?: object): Promise<Response> {
  const base = path.startsWith('/api/chat/') ? variables.CHAT : variables.TRADE;
  const headers = { authorization: `Bearer ${token}`, ...(body ? { 'content-type': 'application/json' } : {}) };
  const answer = await fetch(base + path, { method: 'POST', headers, ...(body ? { body: JSON.stringify(body) } : {}) });
  expect(answer.status, path).toBeLessThan(300);
  return answer;
}

/** The product that http-api.md shows, with a deadline to come. */
function draft(fields: object = {}): Record<string, unknown> {
  const { text } = readMarkdown('docs/http-api.md').blocks.find(({ info }) => info === 'CreateProduct')!;
  return { ...JSON.parse(text), deadline: new Date(Date.now() + 3_600_000).toISOString(), ...fields };
}

async function product(fields: object = {}): Promise<string> {
  return ((await (await post('/api/products', variables.SELLER!, draft(fields))).json()) as { id: string }).id;
}

/** An entry of the outbox that chat has refused for good. */
async function parked(): Promise<string> {
  const { rows } = await database.query(
    `WITH entry AS (
       INSERT INTO trade.outbox (room_id, kind, payload, parked_at, last_error)
       VALUES (gen_random_uuid(), 'room.patched', '{}', now(), '400 VALIDATION_FAILED') RETURNING id, room_id)
     INSERT INTO trade.outbox_rooms (room_id, last_id, due_at) SELECT room_id, id, NULL FROM entry RETURNING last_id`,
  );
  return String(rows[0].last_id);
}

beforeAll(async () => {
  system = await ready(here.run());
  const run = JSON.parse(readFileSync(join(here.dataDir, 'run.json'), 'utf8')) as Record<string, string>;
  const { DATABASE_URL = '', CHAT_URL = '', TRADE_URL = '', JWT_SECRET: secret = '' } = run;
  database = new pg.Client({ connectionString: DATABASE_URL });
  await database.connect();
  const printed = (name: string) => new RegExp(`^${name}=(.+)$`, 'm').exec(system.output())![1]!;
  const [ANN, PRODUCT] = [printed('ANN'), printed('PRODUCT')];
  variables = {
    ...{ CHAT: CHAT_URL, TRADE: TRADE_URL, CHAT_URL, DATABASE_URL, PRODUCT, ROOM: PRODUCT },
    ...{ ANN, TOKEN: ANN, BOB: printed('BOB'), SELLER: printed('SELLER') },
    ADMIN: userToken({ sub: 'admin', roles: ['admin'], secret }),
  };
  await post(`/api/chat/rooms/${PRODUCT}/participants`, ANN);

  // What the samples look for in the logs.
  requestId = (await post(`/api/products/${await product()}/participations`, ANN)).headers.get('x-request-id')!;
  const socketUrl = `${CHAT_URL.replace('http', 'ws')}/ws`;
  const good = await probe(`${socketUrl}?token=${ANN}`, { protocols: 'gongu.v1' });
  connectionId = (await good.next()).connectionId;
  good.close();
  (await probe(socketUrl, { protocols: 'gongu.v1' })).close();
  const expired = probe(`${socketUrl}?token=${expiredToken({ sub: 'eve', secret })}`, { protocols: 'gongu.v1' });
  await expect(expired).rejects.toMatchObject({ status: 401 });
}, TIMEOUT_MS);

/** A picture of one pixel. */
const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

/** A command with what stands for something of this run in it. */
async function ofThisRun(command: string): Promise<{ text: string; env: Record<string, string> }> {
  const env: Record<string, string> = { ...variables };
  let text = command
    .replaceAll('http://127.0.0.1:8080', variables.CHAT!)
    .replaceAll('http://127.0.0.1:8081', variables.TRADE!);
  if (text.includes('$ID')) env.ID = await product({ minParticipants: 1 });
  if (text.includes('/close')) await post(`/api/products/${env.ID}/participations`, env.ANN!);
  if (text.includes('/outbox/17/')) text = text.replace('17', await parked());
  if (text.startsWith('grep')) text = text.replace(A_UUID, text.includes('requestId') ? requestId : connectionId);
  return { text, env };
}

/** Runs it where its files are, to its end or until it has printed what it `says`; 'done', or what went wrong. */
async function run(command: string, says: RegExp | undefined): Promise<string> {
  const { text, env } = await ofThisRun(command);
  const logs = join(here.dataDir, 'logs');
  writeFileSync(join(logs, 'product.json'), JSON.stringify(draft()));
  writeFileSync(join(logs, 'citrus.jpg'), PIXEL);
  // A refusal is a failure of the command.
  const script = `set -o pipefail\ncurl() { command curl --fail-with-body "$@"; }\n${text}\n`;
  const child = spawn('bash', ['-c', script], {
    cwd: text.startsWith('node examples/') ? inRepository() : logs,
    env: { ...env, PATH: process.env.PATH },
    detached: true,
  });
  let output = '';
  let isOver = false;
  const end = () => {
    if (!isOver) process.kill(-child.pid!, 'SIGINT');
  };
  onTestFinished(end);
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
      if (says?.test(output)) end();
    });
  }
  const [code] = (await once(child, 'close')) as [number | null];
  isOver = true;
  return (says ? says.test(output) : code === 0) ? 'done' : `${code}: ${output}`;
}

/** What some print who go on until they are stopped, or have to be asked again. */
const SAYS: readonly [RegExp, RegExp][] = [
  [/^curl -N/, /^event: \w/m],
  [/^curl -iN/, /101 Switching Protocols[\s\S]*"type":"ready"/],
  [/^node examples/, /stored as number \d+/],
  [/^curl -s http[^ ]*rooms\/\$PRODUCT /, /"committedCount":1\b/],
  // An older one refuses a newer server, once it is connected.
  [/^pg_dump/, /^$|server version mismatch/],
  [/^grep .*trade\.log chat\.log/, /^trade\.log:[\s\S]*^chat\.log:/m],
];

describe('a shell sample', () => {
  it('names what stands somewhere, and what `start` prints', () => {
    const named = runnable.flatMap(({ command }) => [...command.matchAll(/\$([A-Z_]+)/g)].map(([, name]) => name!));
    const given = Object.keys(variables);
    expect(named.filter((name) => name !== 'ID' && !given.includes(name))).toEqual([]);
    expect(assigned.filter((name) => name !== 'ID' && !given.includes(name))).toEqual([]);
  });

  it.for(runnable)('at $at works: $command', async ({ command }, { skip }) => {
    const program = command.split(' ')[0]!;
    skip(spawnSync(program, ['--version']).error !== undefined, `there is no ${program}`);
    const says = SAYS.find(([which]) => which.test(command))?.[1];
    if (/ -X P| -d /.test(command)) expect(await run(command, says)).toBe('done');
    else await expect.poll(() => run(command, says)).toBe('done');
  });
});

it(
  'the system stops',
  async () => {
    await database.end();
    await stop(here, system);
  },
  TIMEOUT_MS,
);
