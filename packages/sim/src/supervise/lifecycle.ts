import type { Terminal } from './terminal.ts';

/** Something that was started and has to be stopped. */
export interface Stoppable {
  /** As in "PostgreSQL did not stop". */
  name: string;
  stop(): Promise<void> | void;
  /** Do not wait any longer: called while `stop` is still under way. */
  hurry?(): void;
}

export interface Lifecycle {
  /** Aborted as soon as stopping begins. */
  readonly stopping: AbortSignal;
  /** What was added last is stopped first. */
  add(part: Stoppable): void;
  /** Runs `begin`, which adds parts as it starts them. Whatever fails, the parts are stopped before this rejects. */
  start(begin: () => Promise<void>): Promise<void>;
  /** Stops all parts, also those of a start that is not over. Calling it again waits for the same end. */
  stop(): Promise<void>;
  hurry(): void;
}

/** Starting and stopping in order, with stopping possible at any moment. */
export function createLifecycle({ terminal }: { terminal: Terminal }): Lifecycle {
  const controller = new AbortController();
  const parts: Stoppable[] = [];
  let starting: Promise<void> = Promise.resolve();
  let stopped: Promise<void> | undefined;
  let hurried = false;

  async function stopAll(): Promise<void> {
    controller.abort();
    // Half-started is not a state that can be stopped: everything in `begin` ends soon, now that it is aborted.
    await starting.catch(() => {});
    for (let part = parts.at(-1); part; part = parts.at(-1)) {
      try {
        const ending = part.stop();
        if (hurried) part.hurry?.();
        await ending;
      } catch (error) {
        process.exitCode = 1;
        terminal.warn(`${part.name} did not stop: ${error instanceof Error ? error.message : error}`);
      }
      parts.pop();
    }
  }

  const stop = () => {
    stopped ??= stopAll();
    return stopped;
  };
  return {
    stopping: controller.signal,
    add: (part) => void parts.push(part),
    async start(begin) {
      starting = begin();
      try {
        await starting;
      } catch (error) {
        const asked = controller.signal.aborted;
        await stop();
        if (!asked) throw error;
      }
    },
    stop,
    hurry() {
      hurried = true;
      for (const part of parts) part.hurry?.();
    },
  };
}
