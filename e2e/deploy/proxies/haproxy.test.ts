import { standsInFront } from './in-front.ts';

standsInFront({
  name: 'HAProxy',
  program: 'haproxy',
  probe: ['-v'],
  file: 'haproxy.cfg',
  silence: { pattern: /timeout (?:client|server|tunnel) (\d+)(\w)/g, count: 3 },
  // The open files of a test's user are few.
  places: ({ port }) => ({ 'bind :80\n': `bind 127.0.0.1:${port}\n`, 'maxconn 20000': 'maxconn 1000' }),
  lowLimits: { 'sc0_http_req_rate gt 3000': 'sc0_http_req_rate gt 30' },
  // A master, as systemd runs it, that stays in the foreground.
  args: (file) => ['-W', '-db', '-f', file],
  reloadWords: /Reloading/,
  reload: ({ process }) => process.kill('SIGUSR2'),
});
