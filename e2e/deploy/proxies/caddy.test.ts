import { execFileSync, spawnSync } from 'node:child_process';
import { standsInFront } from './in-front.ts';

/** 2.6, as Debian 12 has it, does not know `stream_close_delay`, and cuts sockets when it reads its configuration again. */
const isOld = /^v?2\.[0-6]\b/.test(spawnSync('caddy', ['version'], { encoding: 'utf8' }).stdout ?? '');

standsInFront(
  {
    name: isOld ? 'Caddy (older than 2.7: without stream_close_delay)' : 'Caddy',
    program: 'caddy',
    probe: ['version'],
    file: 'Caddyfile',
    // None: it waits for ever.
    silence: { pattern: /(?:stream|read|write|response_header)_timeout (\d+)(\w)/g, count: 0 },
    places: ({ port, adminPort }) => ({
      '\n:80 {': `\nhttp://:${port} {\n\tbind 127.0.0.1`,
      '127.0.0.1:2019': `127.0.0.1:${adminPort}`,
      ...(isOld ? { '\tstream_close_delay 24h\n': '' } : {}),
    }),
    args: (file) => ['run', '--config', file, '--adapter', 'caddyfile'],
    reload: ({ file, adminPort }) =>
      void execFileSync(
        'caddy',
        ['reload', '--config', file, '--adapter', 'caddyfile', '--address', `127.0.0.1:${adminPort}`],
        { stdio: 'ignore' },
      ),
  },
  { cutsAtReload: isOld },
);
