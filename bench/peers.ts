import { inRepository } from '@gongu/testkit';
import type { Postgres } from './database.ts';
import { compile } from './generator.ts';
import { startProgram } from './program.ts';
import { type Subject, TEXT } from './subject.ts';

const WS = inRepository('bench/peers/ws.mjs');
const speech = [
  ...['--path', '/{room}', '--publish'],
  `{"type":"message","room":"{room}","user":"{pub}","text":"${TEXT}"}`,
];

/**
 * What chat is compared with. Neither stores anything, checks a token or numbers a message:
 * the peer is the `ws` library with one `send` per message and client; the limit is a C program that does nothing but one
 * `send` per message and socket.
 */
export function peersAlone(folder: string): Subject[] {
  const limit = compile(inRepository('bench/peers/limit-tcp.c'), folder, 'limit-tcp');
  return [
    {
      label: 'ws',
      name: 'peer: ws, send per client',
      ours: false,
      speech,
      from: [330, 6_000],
      start: startProgram((port) => ({ command: [process.execPath, WS, String(port)] })),
    },
    {
      label: 'limit',
      name: 'limit: C, one write per message and socket',
      ours: false,
      speech,
      from: [600, 15_000],
      start: startProgram((port) => ({ command: [limit, String(port)] })),
    },
  ];
}

/** What instances on one Redis are compared with: `ws`, each message by way of a channel of its room. */
export function peersOnRedis(redis: { readonly url: string; readonly pid: number }): Subject[] {
  return [
    {
      label: 'ws over Redis',
      name: 'peer: ws over Redis, send per client',
      ours: false,
      speech,
      from: [250, 4_000],
      start: startProgram(
        (port) => ({ command: [process.execPath, WS, String(port), redis.url] }),
        [`redis:${redis.pid}`],
      ),
    },
  ];
}

/** What the append is compared with: `ws`, and an INSERT for each message. */
export function storingPeers({ url, pid }: Postgres): Subject[] {
  const program = inRepository('bench/peers/store-each.mjs');
  return [
    {
      label: 'INSERT peer',
      name: 'peer: ws, one INSERT per message, which reorders',
      ours: false,
      speech: [
        ...['--path', '/{room}', '--ack', '"ref":"~A', '--publish'],
        `{"type":"send","ref":"~A{ts}","text":"${TEXT}"}`,
      ],
      from: [100, 500],
      start: startProgram((port) => ({ command: [process.execPath, program, String(port), url] }), [`pg:${pid}`]),
    },
  ];
}
