/**
 * Runs `task` again and again, `intervalMs()` after the end of the run before: never twice at once. Errors go to
 * `failed`. Returns what stops it; a run under way is awaited.
 */
export function periodic(options: {
  readonly task: () => Promise<void>;
  readonly intervalMs: () => number;
  readonly onFailure: (error: unknown) => void;
}): () => Promise<void> {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();

  const run = async () => {
    try {
      await options.task();
    } catch (error) {
      options.onFailure(error);
    }
    schedule();
  };
  const schedule = () => {
    if (stopped) return;
    timer = setTimeout(() => {
      running = run();
    }, options.intervalMs());
    timer.unref();
  };

  schedule();
  return async () => {
    stopped = true;
    clearTimeout(timer);
    await running;
  };
}
