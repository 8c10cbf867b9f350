import { OF_ONE_KIND, OF_WRITER } from '@gongu/host';
import type { ErrorCode } from '@gongu/shared';

/** What a route may answer that changes something for somebody with an account. */
export const OF_ACCOUNT = [
  ...OF_ONE_KIND,
  'ANONYMOUS_NOT_ALLOWED',
  'RATE_LIMITED',
  ...OF_WRITER,
] as const satisfies ErrorCode[];
