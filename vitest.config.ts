import { defineConfig } from 'vitest/config';

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
    // Processes, not threads: tests start servers and send signals. Two, because every one of them brings its own.
    pool: 'forks',
    maxWorkers: 2,
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
