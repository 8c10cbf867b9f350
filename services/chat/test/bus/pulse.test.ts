import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeHeartbeat, encodeHeartbeat } from '../../src/bus/heartbeat.ts';
import { createPulse, type Pulse } from '../../src/bus/pulse.ts';

/** `ticks` steps; `carry` says whether the own heartbeat of a step comes back. */
function run(pulse: Pulse, ticks: number, carry: (lane: number) => boolean = () => true, lanes = 1): void {
  for (let i = 0; i < ticks; i++) {
    pulse.step();
    for (let lane = 0; lane < lanes; lane++) if (carry(lane)) pulse.heard(lane, pulse.heartbeat());
  }
}

const heartbeatOf = (id: string, tick: number, lost = 0) => encodeHeartbeat({ instanceId: id, tick, lost });

describe('pulse', () => {
  it('is unhealthy until the first own heartbeat came back', () => {
    const pulse = createPulse({ instanceId: 'a', lanes: 1 });
    expect(pulse.healthy()).toBe(false);
    run(pulse, 5, () => false);
    expect(pulse.healthy()).toBe(false);
    run(pulse, 1);
    expect(pulse.healthy()).toBe(true);
  });

  it('notices silence 3 heartbeats (900 ms) after the last one heard, and not before', () => {
    const pulse = createPulse({ instanceId: 'a', lanes: 1 });
    run(pulse, 3);
    run(pulse, 2, () => false);
    expect(pulse.healthy()).toBe(true);
    run(pulse, 1, () => false);
    expect(pulse.healthy()).toBe(false);
    expect(pulse.silence()).toBe(3);
  });

  it('takes heartbeats that come back 3 steps late for no sign of health, but for a sign of life', () => {
    const pulse = createPulse({ instanceId: 'a', lanes: 1 });
    const under: string[] = [];
    for (let i = 0; i < 20; i++) {
      pulse.step();
      under.push(pulse.heartbeat());
      if (under.length > 3) pulse.heard(0, under.shift()!);
    }
    expect(pulse.healthy()).toBe(false);
    expect(pulse.silence()).toBe(0);
  });

  it('needs every lane', () => {
    const pulse = createPulse({ instanceId: 'a', lanes: 3 });
    run(pulse, 10, () => true, 3);
    expect(pulse.healthy()).toBe(true);
    run(pulse, 3, (lane) => lane !== 1, 3);
    expect(pulse.healthy()).toBe(false);
    expect(pulse.silence()).toBe(3);
  });

  it('after a failure, believes only a heartbeat that was sent later', () => {
    const pulse = createPulse({ instanceId: 'a', lanes: 1 });
    run(pulse, 10);
    const earlier = pulse.heartbeat();
    pulse.taint();
    pulse.heard(0, earlier);
    expect(pulse.healthy()).toBe(false);
    run(pulse, 1);
    expect(pulse.healthy()).toBe(true);
  });

  it('is not trusted while a peer is silent, and again 7 heartbeats after it was heard', () => {
    const pulse = createPulse({ instanceId: 'a', lanes: 1 });
    run(pulse, 1);
    pulse.heard(0, heartbeatOf('b', 1));
    run(pulse, 3);
    pulse.heard(0, heartbeatOf('b', 4));
    run(pulse, 3);
    pulse.heard(0, heartbeatOf('b', 7));
    run(pulse, 3);
    expect(pulse.trusted()).toBe(true);
    run(pulse, 1);
    expect(pulse.trusted()).toBe(false);
    expect(pulse.healthy()).toBe(true);
    pulse.heard(0, heartbeatOf('b', 12));
    for (let i = 0; i < 7; i++) {
      expect(pulse.trusted()).toBe(false);
      run(pulse, 1);
      pulse.heard(0, heartbeatOf('b', 13 + i));
    }
    expect(pulse.trusted()).toBe(true);
  });

  it('forgets a peer that said goodbye at once, and one that did not after 1 000 heartbeats', () => {
    const pulse = createPulse({ instanceId: 'a', lanes: 1 });
    run(pulse, 1);
    pulse.heard(0, heartbeatOf('b', 1));
    pulse.heard(0, heartbeatOf('c', 1));
    pulse.heard(0, encodeHeartbeat({ instanceId: 'b', bye: true }));
    run(pulse, 900);
    expect(pulse.trusted()).toBe(false);
    pulse.heard(0, encodeHeartbeat({ instanceId: 'c', bye: true }));
    run(pulse, 1);
    expect(pulse.trusted()).toBe(true);
    pulse.heard(0, heartbeatOf('d', 1));
    run(pulse, 1_000);
    expect(pulse.trusted()).toBe(false);
    run(pulse, 2);
    expect(pulse.trusted()).toBe(true);
  });

  it('looks into the store for 7 heartbeats when a peer reports that it lost signals', () => {
    const pulse = createPulse({ instanceId: 'a', lanes: 1 });
    run(pulse, 1);
    for (let tick = 1; tick < 20; tick++) {
      pulse.heard(0, heartbeatOf('b', tick));
      run(pulse, 1);
    }
    expect(pulse.trusted()).toBe(true);
    pulse.heard(0, heartbeatOf('b', 20, 3));
    expect(pulse.trusted()).toBe(false);
    run(pulse, 1);
    pulse.heard(0, heartbeatOf('b', 21, 3));
    run(pulse, 2);
    pulse.heard(0, heartbeatOf('b', 22, 3));
    run(pulse, 3);
    pulse.heard(0, heartbeatOf('b', 23, 3));
    expect(pulse.trusted()).toBe(false);
    run(pulse, 1);
    expect(pulse.trusted()).toBe(true);
  });

  it('reports its own losses in the next heartbeat', () => {
    const pulse = createPulse({ instanceId: 'a', lanes: 1 });
    pulse.step();
    pulse.lost(2);
    pulse.lost(3);
    expect(decodeHeartbeat(pulse.heartbeat())).toEqual({ instanceId: 'a', tick: 1, lost: 5 });
  });

  it('keeps its head whatever it hears', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: -1, max: 3 }), fc.string()), { maxLength: 50 }), (heard) => {
        const pulse = createPulse({ instanceId: 'a', lanes: 2 });
        for (const [lane, text] of heard) pulse.heard(lane, text);
        pulse.heard(0, heartbeatOf('a', 1_000_000));
        expect(pulse.healthy()).toBe(false);
        run(pulse, 1, () => true, 2);
        expect(pulse.healthy()).toBe(true);
      }),
    );
  });

  it('reads its own form of heartbeat, more lines of later versions, and nothing else', () => {
    expect(decodeHeartbeat(`${heartbeatOf('b', 7, 1)}\nmore`)).toEqual({ instanceId: 'b', tick: 7, lost: 1 });
    for (const bad of [
      '',
      '1',
      '1b',
      '1b\n',
      '1b\n1',
      '2b\n1\n1',
      '1b\n-1\n0',
      '1b\nbyebye',
      `1${'b'.repeat(65)}\n1\n1`,
    ]) {
      expect(decodeHeartbeat(bad)).toBeNull();
    }
  });
});
