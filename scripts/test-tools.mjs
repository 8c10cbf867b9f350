// Programs that tests of several instances and of browsers need, and that npm does not carry.
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';

/** `programs`: any one of them will do; `skipped`: which tests go without it. */
const TOOLS = [
  { programs: ['redis-server', 'valkey-server'], package: 'redis-server', skipped: 'of Redis' },
  { programs: ['chromium', 'chromium-browser', 'google-chrome'], package: 'chromium', skipped: 'in a browser' },
  { programs: ['nginx'], package: 'nginx', skipped: 'behind nginx' },
];

/** What makes pages cost less, and is no loss where it is missing: newer Debians alone have it. */
const SHELL = 'chromium-headless-shell';

const NO_SERVICES = '/usr/sbin/policy-rc.d';

/** Installs Debian's packages where there is none and root may; else says which tests will be skipped. */
export function installTools() {
  const missing = absent();
  if (process.getuid?.() === 0 && isThere('apt-get') && (missing.length > 0 || !isThere(SHELL)))
    install(missing.map((tool) => tool.package));
  for (const { programs, skipped } of absent()) {
    console.log(`no ${programs[0]} here: tests ${skipped} will be skipped`);
  }
}

function absent() {
  return TOOLS.filter(({ programs }) => !programs.some(isThere));
}

function isThere(program) {
  return spawnSync('sh', ['-c', 'command -v "$0"', program], { stdio: 'ignore' }).status === 0;
}

function install(packages) {
  console.log(`installing ${[...packages, SHELL].join(', ')} for the tests`);
  // Debian starts what it installs; the tests start their own, on free ports.
  const guard = !existsSync(NO_SERVICES);
  if (guard) writeFileSync(NO_SERVICES, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    // Without a network this must not hold the tests up.
    const options = ['-o', 'Acquire::Retries=1', '-o', 'Acquire::http::Timeout=20', '-o', 'Acquire::https::Timeout=20'];
    const apt = (...args) =>
      spawnSync('apt-get', [...options, '-qq', ...args], {
        stdio: ['ignore', 'ignore', 'inherit'],
        env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
        timeout: 600_000,
      }).status;
    const wanted = (...names) => apt('install', '-y', '--no-install-recommends', ...names);
    if (packages.length > 0 && wanted(...packages) !== 0 && apt('update') === 0) wanted(...packages);
    if (!isThere(SHELL) && isThere('chromium')) wanted(SHELL);
  } finally {
    if (guard) rmSync(NO_SERVICES, { force: true });
  }
}
