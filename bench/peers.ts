import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { accepts, freePort, inRepository } from '@gongu/testkit';
import { compile } from './generator.ts';
import { pin } from './machine.ts';
import { type Subject, TEXT } from './subject.ts';

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
      speech,
      from: [600, 15_000],
      start: run(limit, []),
    },
    {
      name: 'peer: ws, send per client',
      stores: false,
      speech,
      from: [330, 6_000],
      start: run(process.execPath, [inRepository('bench/peers/ws.mjs')]),
    },
  ];
}

function run(program: string, args: readonly string[]): Subject['start'] {
  return async () => {
    const port = await freePort();
    const child = spawn(program, [...args, String(port)], { stdio: ['ignore', 'ignore', 'inherit'] });
    const exit = once(child, 'exit');
    const endAtExit = () => child.kill('SIGKILL');
    process.once('exit', endAtExit);
    pin(child.pid!);
    for (let attempt = 0; !(await accepts(port)); attempt++) {
      if (attempt === 100 || child.exitCode !== null) throw new Error(`${program} did not start`);
      await sleep(50);
    }
    return {
      ports: [port],
      pids: [child.pid!],
      helpers: [],
      async stop() {
        child.kill('SIGKILL');
        await exit;
        process.off('exit', endAtExit);
      },
    };
  };
}
