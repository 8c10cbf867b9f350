import { describe, expect, it } from 'vitest';
import { type AdmissionOptions, createAdmission, type NotAdmitted } from '../../src/endpoints/admission.ts';

function door(options: Partial<AdmissionOptions> = {}) {
  const state = { at: 0, open: 0, draining: false };
  const admission = createAdmission({
    maxConnections: 0,
    maxHandshakesPerSecond: 0,
    connections: () => state.open,
    draining: () => state.draining,
    now: () => state.at,
    random: () => 0.5,
    ...options,
  });
  const refused = (): NotAdmitted => {
    try {
      admission.enter();
    } catch (error) {
      return error as NotAdmitted;
    }
    throw new Error('was let in');
  };
  return { admission, state, refused };
}

describe('the door of an instance', () => {
  it('lets everybody in while no limit is set', () => {
    const { admission } = door();
    for (let i = 0; i < 10_000; i++) admission.enter()();
  });

  it('counts handshakes under way as connections, until they are one or nothing', () => {
    const { admission, state, refused } = door({ maxConnections: 2 });
    const [first, second] = [admission.enter(), admission.enter()];
    expect(refused()).toMatchObject({ code: 'UNAVAILABLE', status: 503, reason: 'max_connections' });
    first();
    first();
    state.open = 1;
    expect(refused().reason).toBe('max_connections');
    second();
    admission.enter();
  });

  it('lets 5 in in any second, not 5 in each', () => {
    const { admission, state, refused } = door({ maxHandshakesPerSecond: 5 });
    for (const at of [0, 900, 900, 900, 900]) {
      state.at = at;
      admission.enter();
    }
    expect(refused().reason).toBe('max_handshakes');
    state.at = 1_000;
    admission.enter();
    expect(refused().reason).toBe('max_handshakes');
    state.at = 1_899;
    expect(refused().reason).toBe('max_handshakes');
    state.at = 1_900;
    for (let i = 0; i < 4; i++) admission.enter();
    expect(refused().reason).toBe('max_handshakes');
  });

  it('gives those who are too many moments of their own, as far apart as they will be let in', () => {
    const { admission, refused } = door({ maxHandshakesPerSecond: 10 });
    for (let i = 0; i < 10; i++) admission.enter();
    expect([1, 2, 3, 4].map(() => refused().retryAfterMs)).toEqual([1_100, 1_200, 1_300, 1_400]);
    const later = Array.from({ length: 1_000 }, () => refused().retryAfterMs!);
    expect(Math.max(...later)).toBeLessThanOrEqual(30_000);
    expect(Math.min(...later)).toBeGreaterThanOrEqual(1_000);
  });

  it('spreads those who find it full over half a minute', () => {
    let n = 0;
    const { refused } = door({ maxConnections: 1, connections: () => 1, random: () => (n++ % 100) / 100 });
    const waits = Array.from({ length: 100 }, () => refused().retryAfterMs!);
    expect(new Set(waits).size).toBe(100);
    expect(Math.min(...waits)).toBe(1_000);
    expect(Math.max(...waits)).toBeGreaterThan(29_000);
  });

  it('is closed while the instance drains', () => {
    const { state, refused } = door();
    state.draining = true;
    expect(refused()).toMatchObject({ reason: 'draining', code: 'UNAVAILABLE' });
  });
});
