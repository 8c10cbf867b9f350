import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Stoppable, Terminal } from '@gongu/sim/supervise';
import type { ServiceProcess } from './service-process.ts';

/** `scripts/watch-services.mjs`, which is loaded from its place: it builds what this program is built by. */
interface Watching {
  watchServices(options: {
    readonly services: readonly string[];
    readonly onBuilt: (service: string) => void;
    readonly onBuildFailed: (service: string, message: string) => void;
    readonly onPrismaChanged: (message: string) => void;
  }): Promise<{ close(): Promise<void> }>;
}

export interface DevServicesOptions {
  /** The repository's folder. */
  readonly root: string;
  readonly services: ReadonlyMap<string, Pick<ServiceProcess, 'restart'>>;
  readonly terminal: Terminal;
  readonly stopping: AbortSignal;
}

/**
 * Restarts a service whenever its program has become another one. A build that fails is told, and the service stays as it
 * is; one that does not start any more is told too, and waits for the next change.
 */
export async function restartOnChange(options: DevServicesOptions): Promise<Stoppable> {
  const { root, services, terminal, stopping } = options;
  const { watchServices } = (await import(pathToFileURL(join(root, 'scripts', 'watch-services.mjs')).href)) as Watching;
  /** Services that are being restarted; true: there is yet another program. */
  const restarting = new Map<string, boolean>();

  async function restart(name: string): Promise<void> {
    if (restarting.has(name)) return void restarting.set(name, true);
    do {
      restarting.set(name, false);
      const startedAt = Date.now();
      terminal.say(`${name} was built anew: restarting it`);
      try {
        await services.get(name)!.restart();
        if (!stopping.aborted) terminal.say(`${name} is back (${Date.now() - startedAt} ms)`);
      } catch (error) {
        if (stopping.aborted) return;
        terminal.warn(`${name} does not start any more: ${error instanceof Error ? error.message : error}`);
      }
    } while (restarting.get(name) && !stopping.aborted);
    restarting.delete(name);
  }

  const watching = await watchServices({
    services: [...services.keys()],
    onBuilt: (name) => void restart(name),
    onBuildFailed: (name, message) => terminal.warn(`${name} could not be built and goes on as it was:\n${message}`),
    onPrismaChanged: (message) => terminal.say(message),
  });
  return { name: 'watching sources', stop: watching.close };
}
