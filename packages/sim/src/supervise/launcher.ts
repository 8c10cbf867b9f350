import { commandLine, parentOf, processIdentity } from '@gongu/host/embedded';

const PACKAGE_MANAGER = /(?:^|[\s/])(?:p?np[mx])(?:\s|\.|$)/;

/**
 * Calls `gone` when the package manager that runs this script has ended without telling us: `npx` does not pass
 * SIGTERM on, and nothing can pass SIGKILL on. Without one (`node dist/start.mjs` under a service manager) it does
 * nothing.
 *
 * @returns the way to stop watching
 */
export function watchLauncher(env: NodeJS.ProcessEnv, gone: () => void, intervalMs = 500): () => void {
  if (!env.npm_lifecycle_event) return () => {};
  const launchers = launchersOf(process.pid);
  if (launchers.length === 0) return () => {};
  const timer = setInterval(() => {
    if (launchers.every(({ pid, identity }) => processIdentity(pid) === identity)) return;
    clearInterval(timer);
    gone();
  }, intervalMs);
  timer.unref();
  return () => clearInterval(timer);
}

/** Our ancestors up to the outermost package manager. The shell above it may go: that is how one leaves it running. */
function launchersOf(pid: number): { pid: number; identity: string | undefined }[] {
  const ancestors: { pid: number; identity: string | undefined }[] = [];
  let outermost = 0;
  for (let at = parentOf(pid); at !== undefined && at > 1 && ancestors.length < 8; at = parentOf(at)) {
    ancestors.push({ pid: at, identity: processIdentity(at) });
    if (PACKAGE_MANAGER.test(commandLine(at) ?? '')) outermost = ancestors.length;
  }
  return ancestors.slice(0, outermost);
}
