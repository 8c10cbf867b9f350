import { spawnSync } from 'node:child_process';

/** Whether the PATH has an nginx. */
export function hasNginx(): boolean {
  return works('nginx', '-v');
}

/** Whether there is an nginx. Where root may install Debian's package, there is one afterwards. */
export function ensureNginx(): boolean {
  if (hasNginx()) return true;
  if (process.getuid?.() !== 0 || !works('apt-get', '--version')) return false;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  const install = () =>
    spawnSync('apt-get', ['install', '-y', '--no-install-recommends', 'nginx-light'], { env, stdio: 'ignore' }).status;
  if (install() !== 0) {
    spawnSync('apt-get', ['update'], { env, stdio: 'ignore' });
    install();
  }
  return hasNginx();
}

function works(program: string, argument: string): boolean {
  return spawnSync(program, [argument], { stdio: 'ignore' }).status === 0;
}
