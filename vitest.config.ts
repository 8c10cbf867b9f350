import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * Whole systems and browsers take longest and need the most CPU, much of the rest waits: both kinds run beside each other from
 * the first to the last, and nothing long is left for the end.
 */
class Mixed extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification) => /\/(?:e2e|packages\/react)\//.test(moduleId);
    const sorted = await super.sort(files);
    const long = sorted.filter(isLong);
    const short = sorted.filter((file) => !isLong(file));
    const between = Math.ceil(short.length / (long.length + 1));
    const mixed = long.flatMap((file, i) => [file, ...short.slice(i * between, (i + 1) * between)]);
    return [...mixed, ...short.slice(long.length * between)];
  }
}

export default defineConfig({
  test: {
    include: [
      'packages/*/test/**/*.test.{ts,tsx}',
      'services/*/test/**/*.test.ts',
      'apps/*/test/**/*.test.{ts,tsx}',
      'scripts/test/**/*.test.ts',
      'tools/test/**/*.test.ts',
      'bench/test/**/*.test.ts',
      'e2e/**/*.test.ts',
    ],
    globalSetup: ['packages/testkit/src/global-setup.ts'],
    // Processes, not threads: tests start servers and send signals. Four, for two cores: much of the time is waiting.
    pool: 'forks',
    maxWorkers: 4,
    // What is imported is imported once by a worker, not once by a file: half of all work. No module has state.
    isolate: false,
    sequence: { sequencer: Mixed },
    // What is waited for comes when it comes: a machine that is busy, or stands still for seconds, is no failure. So a test names a
    // time of its own only where more than this is needed, and what waits in it gives up first, with words.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 60_000 } },
    // Lists of thousands of messages would push all else out of a log.
    diff: { truncateThreshold: 200 },
    teardownTimeout: 30_000,
    reporters: ['default'],
  },
});
