import type { Measurement, Step } from '../generator.ts';
import type { Result } from '../measure.ts';
import type { Subject } from '../subject.ts';

/** A step in which everything arrived, but for what is given. */
export const step = (given: Partial<Step> = {}): Step => ({
  rate: 100,
  expected: 50_000,
  got: 50_000,
  delivered_per_s: 50_000,
  per_server_cpu_s: 123_456.7,
  per_server_user_s: 234_567.8,
  lat_ms: { p50: 1.25, p99: 9.96, max: 20 },
  gen_util: 0.2,
  late_max_ms: 1,
  dups: 0,
  gaps: 0,
  missing: 0,
  misrouted: 0,
  procs: { server: { util: 0.405 }, pg: { util: 0.254 } },
  ...given,
});

/** A run with these steps, in which everybody joined. */
export const measurement = (steps: readonly Step[], connect: Partial<Measurement['connect']> = {}): Measurement => ({
  connect: {
    joined: 500,
    failed: 0,
    per_s: 4_321,
    per_server_cpu_s: 6_543,
    anon_kb_per_conn: 12.34,
    error: '',
    during: { gen_util: 0.1, procs: {} },
    ...connect,
  },
  steps,
  closed: 0,
  final_error: '',
});

/** A subject that can't be started: chat, unless something else is given. */
export const subject = (given: Partial<Subject> = {}): Subject => ({
  label: 'chat',
  name: 'gongu',
  ours: (given.label ?? 'chat') === 'chat',
  speech: [],
  from: [100, 1_000],
  start: () => Promise.reject(new Error('it does not start')),
  ...given,
});

/** What chat did in one run, but for what is given. */
export const result = (given: Partial<Result> = {}): Result => ({
  subject: subject(),
  fixed: [measurement([step()])],
  rising: [],
  returned: [],
  failure: null,
  ...given,
});
