import type { ErrorCode } from '@gongu/shared';

/** What any route may answer that asks who calls. */
export const OF_CALLER = ['UNAUTHENTICATED', 'TOKEN_EXPIRED'] as const satisfies ErrorCode[];

/** What any route may answer that is for users only, or for the service only. */
export const OF_ONE_KIND = [...OF_CALLER, 'FORBIDDEN'] as const satisfies ErrorCode[];

/** What any request may be answered that changes something. */
export const OF_WRITER = ['ORIGIN_NOT_ALLOWED', 'TOO_LARGE'] as const satisfies ErrorCode[];
