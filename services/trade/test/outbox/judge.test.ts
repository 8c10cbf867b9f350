import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judge } from '../../src/outbox/deliver.ts';
import { backoffMs } from '../../src/outbox/relay.ts';

const answer = (status: number | null, timedOut = false) => ({ status, timedOut, detail: 'why', retryAfterMs: null });

describe("what chat's answer means for an entry", () => {
  it.each([
    [200, 'delivered'],
    [201, 'delivered'],
    [204, 'delivered'],
    [302, 'retry'],
    [400, 'refused'],
    [401, 'unreachable'],
    [403, 'unreachable'],
    [404, 'retry'],
    [408, 'retry'],
    [409, 'refused'],
    [413, 'refused'],
    [422, 'refused'],
    [429, 'retry'],
    [500, 'retry'],
    [502, 'unreachable'],
    [503, 'unreachable'],
    [504, 'unreachable'],
  ])('%i: %s', (status, kind) => {
    expect(judge(answer(status)).kind).toBe(kind);
  });

  it('holds nothing against others when chat only was silent, and all back when it is not there', () => {
    expect(judge(answer(null, true))).toMatchObject({ kind: 'retry', silent: true });
    expect(judge(answer(null, false)).kind).toBe('unreachable');
  });

  it('remembers that the room is missing, and how long chat asked to wait', () => {
    expect(judge(answer(404))).toMatchObject({ missing: true });
    expect(judge({ ...answer(429), retryAfterMs: 2_000 })).toEqual({ kind: 'retry', detail: 'why', afterMs: 2_000 });
  });
});

describe('the pause after failures', () => {
  it('doubles up to the cap, and is any part of that', () => {
    const at = (failures: number, random: number) =>
      backoffMs(failures, { baseMs: 250, capMs: 30_000, random: () => random });
    expect([0, 1, 2, 3].map((failures) => at(failures, 1))).toEqual([250, 500, 1_000, 2_000]);
    expect(at(3, 0.25)).toBe(500);
    expect(at(100_000, 1)).toBe(30_000);
  });

  it('is never negative nor beyond the cap', () => {
    fc.assert(
      fc.property(fc.nat(), fc.double({ min: 0, max: 0.999_999, noNaN: true }), (failures, random) => {
        const pause = backoffMs(failures, { baseMs: 250, capMs: 30_000, random: () => random });
        expect(pause).toBeGreaterThanOrEqual(0);
        expect(pause).toBeLessThan(30_000);
      }),
    );
  });
});
