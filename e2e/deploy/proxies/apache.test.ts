import { userInfo } from 'node:os';
import { standsInFront } from './in-front.ts';

/** What the example asks for, and what Debian has on by itself. */
const MODULES = ['mpm_event', 'authz_core', 'alias', 'setenvif', 'env', 'reqtimeout', 'headers', 'watchdog'].concat([
  'proxy',
  'proxy_http',
  'proxy_balancer',
  'slotmem_shm',
  'lbmethod_byrequests',
  'proxy_hcheck',
]);
const BUILT_IN = new Set(['watchdog']);

standsInFront({
  name: 'Apache',
  program: 'apache2',
  probe: ['-v'],
  file: 'apache.conf',
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
});
