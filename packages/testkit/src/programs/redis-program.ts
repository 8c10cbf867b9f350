import { spawnSync } from 'node:child_process';

/** `redis-server` or `valkey-server`, whichever the PATH has; `undefined` without one. */
export function redisProgram(): string | undefined {
  return ['redis-server', 'valkey-server'].find((name) => works(name, '--version'));
}

/** Whether it was built with TLS; false without one. Asked for files that are none, it ends by itself either way. */
export function redisHasTls(): boolean {
  const program = redisProgram();
  if (!program) return false;
  const files = ['--tls-cert-file', '/dev/null', '--tls-key-file', '/dev/null'];
  const options = { encoding: 'utf8', timeout: 5_000 } as const;
  const { stdout, stderr } = spawnSync(program, ['--port', '0', '--tls-port', '1', ...files], options);
  return !/Bad directive|CONFIG FILE ERROR/i.test(stdout + stderr);
}

/**
 * Installs Debian's package where there is none and root may. (npm carries no Redis.) Its service is not started.
 *
 * @returns whether there is one now
 */
export function ensureRedisProgram(): boolean {
  if (redisProgram()) return true;
  if (process.getuid?.() !== 0 || !works('apt-get', '--version')) return false;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  const install = () =>
    spawnSync('apt-get', ['install', '-y', '--no-install-recommends', 'redis-server'], { env, stdio: 'ignore' }).status;
  if (install() !== 0) {
    spawnSync('apt-get', ['update'], { env, stdio: 'ignore' });
    install();
  }
  return redisProgram() !== undefined;
}

function works(program: string, argument: string): boolean {
  return spawnSync(program, [argument], { stdio: 'ignore' }).status === 0;
}
