import { standsInFront } from './in-front.ts';

standsInFront({
  name: 'nginx',
  program: 'nginx',
  probe: ['-v'],
  file: 'nginx.conf',
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
});
