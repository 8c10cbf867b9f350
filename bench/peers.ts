import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { accepts, freePort, inRepository } from '@gongu/testkit';
import { compile } from './generator.ts';
import { pin } from './machine.ts';
import { type Subject, TEXT } from './subject.ts';

const WS = inRepository('bench/peers/ws.mjs');
const speech = [
  ...['--path', '/{room}', '--publish'],
  `{"type":"message","room":"{room}","user":"{pub}","text":"${TEXT}"}`,
];

/**
 * What chat is compared with. Neither stores anything, checks a token or numbers a message:
 * the limit is a C program that does nothing but one `send` per message and socket; the peer is the `ws` library with
 * one `send` per message and client.
 */
export function peers(folder: string): Subject[] {
  const limit = compile(inRepository('bench/peers/limit-tcp.c'), folder, 'limit-tcp');
  return [
    {
      name: 'limit: C, one write per message and socket',
      stores: false,
      keepsOrder: false,
      speech,
      from: [600, 15_000],
      start: run(limit, []),
    },
    {
      name: 'peer: ws, send per client',
      stores: false,
      keepsOrder: false,
      speech,
      from: [330, 6_000],
      start: run(process.execPath, [WS]),
    },
  ];
}

/** What instances on one Redis are compared with: `ws`, each message by way of a channel of its room. */
export function peersOnRedis(redisUrl: string): Subject[] {
  return [
    {
      name: 'peer: ws over Redis, send per client',
      stores: false,
      keepsOrder: false,
      speech,
      from: [250, 4_000],
      start: run(process.execPath, [WS], [redisUrl]),
    },
  ];
}

/** What the append is compared with: `ws`, and an INSERT for each message. */
export function storingPeers(databaseUrl: string): Subject[] {
  return [
    {
      name: 'peer: ws, one INSERT per message',
      stores: true,
      // Ten connections: whichever INSERT is done first is told first.
      keepsOrder: false,
      speech: [
        ...['--path', '/{room}', '--ack', '"ref":"~A', '--publish'],
        `{"type":"send","ref":"~A{ts}","text":"${TEXT}"}`,
      ],
      from: [100, 500],
      start: run(process.execPath, [inRepository('bench/peers/store-each.mjs')], [databaseUrl]),
    },
  ];
}

function run(program: string, args: readonly string[], more: readonly string[] = []): Subject['start'] {
  return async ({ instances }) => {
    const all = await Promise.all(Array.from({ length: instances }, () => open(program, args, more)));
    return {
      ports: all.map(({ port }) => port),
      pids: all.map(({ pid }) => pid),
      helpers: [],
      async stop() {
        await Promise.all(all.map((each) => each.stop()));
      },
    };
  };
}

/** Runs `program args… PORT more…`. */
async function open(program: string, args: readonly string[], more: readonly string[]) {
  const port = await freePort();
  const child = spawn(program, [...args, String(port), ...more], { stdio: ['ignore', 'ignore', 'inherit'] });
  const exit = once(child, 'exit');
  const endAtExit = () => child.kill('SIGKILL');
  process.once('exit', endAtExit);
  pin(child.pid!);
  for (let attempt = 0; !(await accepts(port)); attempt++) {
    if (attempt === 100 || child.exitCode !== null) throw new Error(`${program} did not start`);
    await sleep(50);
  }
  return {
    port,
    pid: child.pid!,
    async stop() {
      child.kill('SIGKILL');
      await exit;
      process.off('exit', endAtExit);
    },
  };
}
