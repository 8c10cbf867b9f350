import { spawnSync } from 'node:child_process';

/** `redis-server` or `valkey-server`, whichever the PATH has; `undefined` without one. */
export function redisProgram(): string | undefined {
  return ['redis-server', 'valkey-server'].find((name) => works(name, '--version'));
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
