import type { User } from '@gongu/shared';
import type { Trace } from './ports/trace.ts';

/** Who asks. */
export interface Caller {
  readonly user: User;
  readonly trace: Trace;
}
