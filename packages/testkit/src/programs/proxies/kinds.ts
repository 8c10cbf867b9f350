import { execFileSync, spawnSync } from 'node:child_process';
import { userInfo } from 'node:os';
import type { ProxyKind } from './proxy.ts';

/** What the example for Apache asks for, and what Debian has on by itself. */
const MODULES = ['mpm_event', 'authz_core', 'alias', 'setenvif', 'env', 'reqtimeout', 'headers', 'watchdog'].concat([
  'proxy',
  'proxy_http',
  'proxy_balancer',
  'slotmem_shm',
  'lbmethod_byrequests',
  'proxy_hcheck',
]);
const BUILT_IN = new Set(['watchdog']);

export const APACHE: ProxyKind = {
  name: 'Apache',
  program: 'apache2',
  probe: ['-v'],
  file: 'apache.conf',
  asksHealth: true,
  silence: { pattern: /ProxyTimeout (\d+)()/g, count: 1 },
  places: ({ port, dir }) => ({
    '<VirtualHost *:80>': `Listen 127.0.0.1:${port}\n<VirtualHost 127.0.0.1:${port}>`,
    '${APACHE_LOG_DIR}': dir,
  }),
  wrap: (text, dir) =>
    [
      `ServerRoot ${dir}`,
      `DefaultRuntimeDir ${dir}`,
      `PidFile ${dir}/apache.pid`,
      `ErrorLog ${dir}/error.log`,
      'ServerName gongu.test',
      ...(userInfo().uid === 0 ? ['User www-data', 'Group www-data'] : []),
      ...MODULES.filter((name) => !BUILT_IN.has(name)).map(
        (name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`,
      ),
      text,
    ].join('\n'),
  args: (file) => ['-D', 'FOREGROUND', '-f', file],
  reload: ({ process }) => process.kill('SIGUSR1'),
};

export type CaddyKind = ProxyKind & { readonly cutsAtReload: boolean };

/** 2.6, as Debian 12 has it, does not know `stream_close_delay`, and cuts sockets when it reads its configuration again. */
export function caddyBy(program: string): CaddyKind {
  const isOld = /^v?2\.[0-6]\b/.test(spawnSync(program, ['version'], { encoding: 'utf8' }).stdout ?? '');
  const adapter = ['--adapter', 'caddyfile'];
  return {
    cutsAtReload: isOld,
    name: isOld ? 'Caddy (older than 2.7: without stream_close_delay)' : 'Caddy',
    program,
    probe: ['version'],
    file: 'Caddyfile',
    asksHealth: true,
    // None: it waits for ever.
    silence: { pattern: /(?:stream|read|write|response_header)_timeout (\d+)(\w)/g, count: 0 },
    places: ({ port, adminPort }) => ({
      '\n:80 {': `\nhttp://:${port} {\n\tbind 127.0.0.1`,
      '127.0.0.1:2019': `127.0.0.1:${adminPort}`,
      ...(isOld ? { '\tstream_close_delay 24h\n': '' } : {}),
    }),
    args: (file) => ['run', '--config', file, ...adapter],
    reload({ file, adminPort }) {
      const args = ['reload', '--config', file, ...adapter, '--address', `127.0.0.1:${adminPort}`];
      execFileSync(program, args, { stdio: 'ignore' });
    },
  };
}

/** `CADDY`, a path, or the one of the PATH. */
export const CADDY = caddyBy(process.env.CADDY || 'caddy');

export const HAPROXY: ProxyKind = {
  name: 'HAProxy',
  program: 'haproxy',
  probe: ['-v'],
  file: 'haproxy.cfg',
  asksHealth: true,
  silence: { pattern: /timeout (?:client|server|tunnel) (\d+)(\w)/g, count: 3 },
  // The open files of a test's user are few.
  places: ({ port }) => ({ 'bind :80\n': `bind 127.0.0.1:${port}\n`, 'maxconn 20000': 'maxconn 1000' }),
  lowLimits: { 'sc0_http_req_rate gt 3000': 'sc0_http_req_rate gt 30' },
  // A master, as systemd runs it, that stays in the foreground.
  args: (file) => ['-W', '-db', '-f', file],
  reloadWords: /Reloading/,
  reload: ({ process }) => process.kill('SIGUSR2'),
};

export const NGINX: ProxyKind = {
  name: 'nginx',
  program: 'nginx',
  probe: ['-v'],
  file: 'nginx.conf',
  asksHealth: false,
  silence: { pattern: /proxy_(?:read|send)_timeout (\d+)(\w)/g, count: 2 },
  places: ({ port, dir }) => ({
    'listen 80;': `listen 127.0.0.1:${port};`,
    '/run/nginx.pid': `${dir}/nginx.pid`,
    '/var/log/nginx/gongu-error.log': `${dir}/gongu-error.log`,
    '/var/log/nginx/gongu.log': `${dir}/gongu.log`,
    // Where it may write without being root.
    'server_tokens off;': ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
      .map((name) => `${name}_temp_path ${dir}/${name};`)
      .join('\n  '),
  }),
  lowLimits: { 'rate=200r/s': 'rate=1r/s', 'burst=1000': 'burst=30' },
  args: (file) => ['-e', 'gongu-error.log', '-p', file.replace(/\/[^/]+$/, '/'), '-c', file, '-g', 'daemon off;'],
  reload: ({ process }) => process.kill('SIGHUP'),
};
