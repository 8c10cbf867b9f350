import { join } from 'node:path';
import { inRepository } from '@gongu/testkit';
import { emptyDatabase } from '../database.ts';
import { startProgram } from '../program.ts';
import { type Subject, TEXT } from '../subject.ts';
import type { MorePeer } from './more-peer.ts';

const VERSION = '6.9.1';
const CONFIG = inRepository('bench/peers/centrifugo.json');

/**
 * Centrifugo: everybody may subscribe and publish, history of 1,000 and recovery on, presence off. With its memory engine
 * nothing outlives it; with the PostgreSQL broker it acknowledges after the commit, and delivers by a poll every 100 ms.
 */
export const centrifugo: MorePeer = {
  name: `Centrifugo ${VERSION}`,
  needs: ['go'],
  async prepare(workshop) {
    const folder = await workshop.build({
      name: `centrifugo-${VERSION}`,
      command: ['go', 'install', `github.com/centrifugal/centrifugo/v6@v${VERSION}`],
      env: (GOBIN) => ({ GOBIN }),
    });
    const command = [join(folder, 'centrifugo'), '--config', CONFIG] as const;
    const envOf = (port: number) => ({ GOMAXPROCS: '1', CENTRIFUGO_HTTP_SERVER_PORT: String(port) });
    const speech = [
      ...['--path', '/connection/websocket', '--hello', inRepository('bench/hello/centrifugo.txt')],
      // One id for all: it answers in order.
      ...['--ack', '"id":3,"publish":', '--publish'],
      `{"id":3,"publish":{"channel":"{room}","data":{"type":"message","user":"{pub}","text":"${TEXT}"}}}`,
    ];
    return (_kind, postgres): Subject[] => [
      {
        label: 'Centrifugo, memory',
        name: `Centrifugo ${VERSION}, memory engine, which stores nothing`,
        ours: false,
        speech,
        from: [250, 4_000],
        start: startProgram((port) => ({ command, env: envOf(port) })),
      },
      {
        label: 'Centrifugo, PostgreSQL',
        name: `Centrifugo ${VERSION}, PostgreSQL broker`,
        ours: false,
        speech,
        from: [50, 300],
        start: startProgram(
          async (port) => ({
            command,
            env: {
              ...envOf(port),
              ...{ CENTRIFUGO_BROKER_ENABLED: 'true', CENTRIFUGO_BROKER_TYPE: 'postgres' },
              CENTRIFUGO_BROKER_POSTGRES_DSN: `${await emptyDatabase(postgres, 'peer_centrifugo')}?sslmode=disable`,
            },
          }),
          [`pg:${postgres.pid}`],
        ),
      },
    ];
  },
};
