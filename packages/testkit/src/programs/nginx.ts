import { chmod, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../network/free-port.ts';
import { inRepository } from '../repository.ts';
import { replaceAll, startForeground } from './foreground.ts';

export interface NginxOptions {
  /** Where its configuration and logs go; made if missing, and removed with it. @default a temporary folder */
  readonly dir?: string;
  /** In a process group of its own, so that a terminal's Ctrl-C does not reach it. @default false */
  readonly detached?: boolean;
  /** Without the limits of one address: all clients of a simulation have the same. @default false */
  readonly unlimited?: boolean;
  /** Its log shows the ids of SockJS sessions that poll: tests ask which instances each came to. @default false */
  readonly sessionIds?: boolean;
  /** `web.conf` in place of `nginx.conf`: the page of this folder, with trade on that port beside chat. */
  readonly web?: {
    readonly assets: string;
    readonly tradePort: number;
    readonly filesOrigin?: string;
    readonly payUrl?: string;
  };
}

export interface NginxProcess {
  readonly port: number;
  /** With `web`: of the listener that is trade's. */
  readonly tradePort: number | null;
  /** Of the master process. */
  readonly pid: number;
  readonly accessLog: () => Promise<string>;
  readonly errorLog: () => Promise<string>;
  stop(): Promise<void>;
}

/**
 * nginx with the shipped configuration (`deploy/nginx`): only ports and paths are other ones.
 *
 * @param spread file of deploy/nginx that is mounted as upstream.conf
 * @param instances ports in place of chat-1 and chat-2
 * @throws Error with its own words when it does not start
 */
export async function startNginx(
  spread: 'round-robin' | 'sticky',
  instances: readonly [number, number],
  options: NginxOptions = {},
): Promise<NginxProcess> {
  const dir = options.dir ?? (await mkdtemp(join(tmpdir(), 'gongu-nginx-')));
  await mkdir(dir, { recursive: true });
  // As root, its workers run as another user.
  await chmod(dir, 0o755);
  const port = await freePort();
  const { web, unlimited = false, sessionIds = false } = options;
  const tradePort = web ? await freePort() : null;
  const main = await readFile(inRepository(`deploy/nginx/${web ? 'web' : 'nginx'}.conf`), 'utf8');
  const upstream = await readFile(inRepository(`deploy/nginx/${spread}.conf`), 'utf8');
  await writeFile(
    join(dir, 'nginx.conf'),
    replaceAll(main, {
      // First: the other paths lie in this folder too.
      ' /tmp/': ` ${dir}/`,
      [web ? 'listen 5173;' : 'listen 8080;']: `listen 127.0.0.1:${port};`,
      ...(web ? { 'listen 8081;': `listen 127.0.0.1:${tradePort};` } : {}),
      ...(unlimited ? { 'limit_conn connections 1000;': '', 'limit_req zone=requests burst=1000 nodelay;': '' } : {}),
      ...(sessionIds ? { '"path":"$logged_path"': '"path":"$uri"' } : {}),
      ...(web ? { '/usr/share/nginx/html': join(dir, 'html'), 'trade:8081': `127.0.0.1:${web.tradePort}` } : {}),
      '/dev/stdout': join(dir, 'access.log'),
      '/dev/stderr': join(dir, 'error.log'),
    }),
  );
  if (web) {
    await cp(web.assets, join(dir, 'html'), { recursive: true });
    const template = await readFile(inRepository('deploy/nginx/files-origin.conf.template'), 'utf8');
    const filled = replaceAll(template, {
      '${FILES_ORIGIN}': web.filesOrigin ?? '',
      '${PAY_URL}': web.payUrl ?? '',
    });
    await writeFile(join(dir, 'files-origin.conf'), filled);
  }
  await writeFile(
    join(dir, 'upstream.conf'),
    replaceAll(upstream, { 'chat-1:8080': `127.0.0.1:${instances[0]}`, 'chat-2:8080': `127.0.0.1:${instances[1]}` }),
  );
  const nginx = await startForeground({
    program: 'nginx',
    args: ['-p', dir, '-e', 'error.log', '-c', 'nginx.conf', '-g', 'daemon off;'],
    port,
    spawn: { detached: options.detached ?? false },
  });
  return {
    port,
    tradePort,
    pid: nginx.process.pid ?? -1,
    accessLog: () => readFile(join(dir, 'access.log'), 'utf8'),
    errorLog: () => readFile(join(dir, 'error.log'), 'utf8').then((text) => text + nginx.output()),
    async stop() {
      await nginx.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
