import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Whole systems take longest: they begin first, so that no worker is left alone with one at the end. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification) => /\/(?:e2e|packages\/react)\//.test(moduleId);
    const sorted = await super.sort(files);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
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
    // Processes, not threads: tests start servers and send signals. Three, for two cores: much of the time is waiting.
    pool: 'forks',
    maxWorkers: 3,
    // What is imported is imported once by a worker, not once by a file: half of all work. No module has state.
    isolate: false,
    sequence: { sequencer: LongestFirst },
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // What is waited for comes when it comes: a busy machine is no failure.
    expect: { poll: { timeout: 30_000 } },
    // Lists of thousands of messages would push all else out of a log.
    diff: { truncateThreshold: 200 },
    teardownTimeout: 30_000,
    reporters: ['default'],
  },
});
