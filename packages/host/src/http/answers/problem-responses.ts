import { ERRORS, type ErrorCode, Problem } from '@gongu/shared';

/** One entry of a route's `schema.response` for errors. */
export interface ProblemResponse {
  description: string;
  content: { 'application/problem+json': { schema: typeof Problem } };
}

/** What any route may answer: a head may be too large, too slow or expect too much, too. */
const ALWAYS: readonly ErrorCode[] = [
  'VALIDATION_FAILED',
  'REQUEST_TIMEOUT',
  'TOO_LARGE',
  'EXPECTATION_FAILED',
  'INTERNAL',
  'UNAVAILABLE',
  'UNKNOWN_OUTCOME',
];

/**
 * The error answers of a route, by status, for `schema.response`: `{ 201: Room, ...problems('CONFLICT', 'FORBIDDEN') }`.
 * Those of `ALWAYS` are among them.
 */
export function problems(...codes: ErrorCode[]): Record<number, ProblemResponse> {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of new Set([...codes, ...ALWAYS])) {
    const { http } = ERRORS[code];
    byStatus.set(http, [...(byStatus.get(http) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, names]) => [
      status,
      { description: names.join(', '), content: { 'application/problem+json': { schema: Problem } } },
    ]),
  );
}

/** What any route may answer that asks who calls; for {@link problems}. */
export const OF_CALLER = [
  'UNAUTHENTICATED',
  'TOKEN_EXPIRED',
  'TOKEN_REVOKED',
  'BLOCKED',
] as const satisfies ErrorCode[];

/** What any route may answer that is for users only, or for services only. */
export const OF_ONE_KIND = [...OF_CALLER, 'FORBIDDEN'] as const satisfies ErrorCode[];

/** What any request may be answered that changes something. */
export const OF_WRITER = ['ORIGIN_NOT_ALLOWED'] as const satisfies ErrorCode[];

/** A 204 in `schema.response`. */
export const noContent = { description: 'Done; the answer has no body', content: {} } as const;
