import { ERRORS, type ErrorCode, Problem } from '@gongu/shared';

/** One entry of a route's `schema.response` for errors. */
export interface ProblemResponse {
  description: string;
  content: { 'application/problem+json': { schema: typeof Problem } };
}

/** What any route may answer. */
const ALWAYS: readonly ErrorCode[] = ['VALIDATION_FAILED', 'INTERNAL', 'UNAVAILABLE'];

/**
 * The error answers of a route, by status, for `schema.response`: `{ 201: Room, ...problems('CONFLICT', 'FORBIDDEN') }`.
 * VALIDATION_FAILED, INTERNAL and UNAVAILABLE are always among them.
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

/** A 204 in `schema.response`. */
export const noContent = { description: 'Done; the answer has no body', content: {} } as const;
