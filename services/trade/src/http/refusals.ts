import type { ErrorCode } from '@gongu/shared';

/** What a route that wants a person may answer to whoever calls it. */
export const OF_CALLER = ['UNAUTHENTICATED', 'TOKEN_EXPIRED', 'FORBIDDEN'] as const satisfies ErrorCode[];

/** The same of a route that changes something. */
export const OF_WRITER = [
  ...OF_CALLER,
  'ANONYMOUS_NOT_ALLOWED',
  'ORIGIN_NOT_ALLOWED',
  'TOO_LARGE',
] as const satisfies ErrorCode[];
