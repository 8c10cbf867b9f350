import { start } from 'node:repl';
import { inspect, parseArgs } from 'node:util';
import { createAuth, runMain, StartError } from '@gongu/host';
import { answersOk } from '@gongu/sim/supervise';
import pg from 'pg';
import { runningSystem } from './running-system.ts';

const NEEDS = ['CHAT_URL', 'TRADE_URL', 'DATABASE_URL', 'JWT_SECRET', 'SERVICE_JWT_SECRET'] as const;
const DAY_SECONDS = 86_400;
const HELP = `
  ann, bob, seller             tokens of the samples' people; token('cho', ['seller']) makes others
  await chat('GET /api/chat/rooms', ann)
  await trade('POST /api/products', seller, { title: … })
  await chat('GET /api/chat/rooms/ID', await service())
  await sql\`select * from chat.rooms where room_id = \${id}\`
`;

// `pnpm repl`: a Node prompt on a running system, with its people and its database at hand. `-e EXPRESSION` prints one value.
await runMain('gongu', async () => {
  const { values } = parseArgs({ options: { eval: { type: 'string', short: 'e' } } });
  const env = runningSystem(process.env, NEEDS);
  for (const url of [env.CHAT_URL, env.TRADE_URL]) {
    if (!(await answersOk(`${url}/healthz`))) {
      throw new StartError(`${url} does not answer: pnpm start (or pnpm dev) in another terminal`);
    }
  }
  const pool = new pg.Pool({ connectionString: env.DATABASE_URL, max: 2, allowExitOnIdle: true });
  pool.on('error', () => {});
  const auth = createAuth({ jwtSecret: env.JWT_SECRET, serviceSecret: env.SERVICE_JWT_SECRET });
  const token = (userId: string, roles: readonly ('seller' | 'admin')[] = []) =>
    auth.signUser({ userId, nickname: userId, roles: [...roles] }, DAY_SECONDS);
  const names = {
    chat: callerOf(env.CHAT_URL),
    trade: callerOf(env.TRADE_URL),
    token,
    ann: token('ann'),
    bob: token('bob'),
    seller: token('seller-1', ['seller']),
    admin: token('admin', ['admin']),
    service: () => auth.signService(),
    /** Rows; values are parameters. */
    sql: async (texts: TemplateStringsArray, ...parameters: unknown[]): Promise<unknown[]> =>
      (
        await pool.query(
          texts.reduce((text, next, n) => `${text}$${n}${next}`),
          parameters,
        )
      ).rows,
  };

  if (values.eval !== undefined) {
    const run = new Function(...Object.keys(names), `return (async () => (${values.eval}))()`);
    const value: unknown = await run(...Object.values(names));
    process.stdout.write(
      `${typeof value === 'string' ? value : inspect(value, { depth: 8, maxStringLength: null })}\n`,
    );
    return pool.end();
  }
  process.stdout.write(`chat ${env.CHAT_URL}, trade ${env.TRADE_URL}\n${HELP}\n`);
  const prompt = start({ prompt: 'gongu> ' });
  Object.assign(prompt.context, names);
  await new Promise((resolve) => prompt.once('exit', resolve));
  await pool.end();
});

/** Requests to a service: the body of the answer. @throws Error with the problem's code where it refuses */
function callerOf(url: string) {
  return async (what: string, token?: string, body?: unknown): Promise<unknown> => {
    const [, method = 'GET', path = ''] = /^(?:([A-Z]+) )?(\/.*)$/.exec(what) ?? [];
    if (path === '') throw new Error(`say a method and a path: 'GET /api/…', not ${JSON.stringify(what)}`);
    const answer = await fetch(url + path, {
      method,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    const isJson = /json/.test(answer.headers.get('content-type') ?? '');
    const content: unknown = isJson && text !== '' ? JSON.parse(text) : text;
    if (answer.ok) return content;
    const { code = 'no code', detail = text } = content as { code?: string; detail?: string };
    throw new Error(`${answer.status} ${code}: ${detail}`);
  };
}
