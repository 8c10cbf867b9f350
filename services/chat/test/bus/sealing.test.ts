import { manualClock } from '@gongu/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSealing, type SealingOptions } from '../../src/bus/sealing.ts';
import { createSealKey } from '../../src/redis/seal-key.ts';

const SECRET = 'what trade and chat share, nobody else';
const CHANNEL = 'gongu:bus:room:r';
const SAID = '1ti-1\n{"typing":true}';

function world(options: Partial<SealingOptions> = {}) {
  const clock = manualClock();
  const instance = (instanceId: string, more: Partial<SealingOptions> = {}) =>
    createSealing({ key: createSealKey(SECRET), now: clock.now, isOn: true, instanceId, ...options, ...more });
  return { clock, instance, a: instance('i-1'), b: instance('i-2') };
}
const text = (opened: Buffer | string) => (typeof opened === 'string' ? `! ${opened}` : opened.toString());
const bytes = (sealed: string | Buffer) => Buffer.from(sealed as string);

describe('what an instance says', () => {
  it('is heard by the others as it was, once, and by itself as its own', () => {
    const { a, b } = world();
    const sealed = bytes(a.seal(CHANNEL, SAID));
    expect(text(a.open(CHANNEL, 0, sealed, true))).toBe('! own');
    expect(text(b.open(CHANNEL, 0, sealed, true))).toBe(SAID);
    expect(text(b.open(CHANNEL, 0, sealed, true))).toBe('! replay');
  });

  it('is heard again by itself where that proves something: a heartbeat, once', () => {
    const { a } = world();
    const sealed = bytes(a.seal('beat', '1i-1\n1\n0'));
    expect(text(a.open('beat', 0, sealed, false))).toBe('1i-1\n1\n0');
    expect(text(a.open('beat', 0, sealed, false))).toBe('! replay');
  });

  it('may be any text of any length, on any channel', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.string().map((one) => one.replaceAll('\n', '')),
        (said, channel) => {
          const { a, b } = world();
          expect(text(b.open(channel, 0, bytes(a.seal(channel, said)), true))).toBe(Buffer.from(said).toString());
        },
      ),
    );
  });

  it('is not heard on another channel, nor changed by a bit anywhere', () => {
    const { a } = world();
    const sealed = bytes(a.seal(CHANNEL, SAID));
    expect(text(world().b.open('gongu:bus:room:r2', 0, sealed, true))).toBe('! proof');
    expect(text(world().b.open('gongu:bus:beat', 0, sealed, false))).toBe('! proof');
    for (let at = 0; at < sealed.length; at++) {
      const forged = Buffer.from(sealed);
      forged[at]! ^= 1;
      // Its first byte says in what form it is: of a form that nobody knows, nothing is read.
      if (at === 0) continue;
      expect(text(world().b.open(CHANNEL, 0, forged, true)), `byte ${at}`).toMatch(/^! /);
    }
  });

  it('is read by no one who has not the secret, and looks another each time', () => {
    const { a } = world();
    const marked = `1ti-1\n{"content":"marker ${'x'.repeat(500)}"}`;
    const [one, two] = [bytes(a.seal(CHANNEL, marked)), bytes(a.seal(CHANNEL, marked))];
    for (const sealed of [one, two]) expect(sealed.toString('latin1')).not.toMatch(/marker|content|xxx/);
    const bodies = [one, two].map((sealed) => sealed.subarray(sealed.indexOf('\n') + 1));
    expect(bodies[0]!.equals(bodies[1]!)).toBe(false);
    expect(bodies[0]!.length).toBe(Buffer.byteLength(marked) + 16);
  });

  it('is not heard of one who has another secret', () => {
    const { a, instance } = world();
    const other = instance('i-3', { key: createSealKey('another secret of thirty-two bytes!!') });
    expect(text(other.open(CHANNEL, 0, bytes(a.seal(CHANNEL, SAID)), true))).toBe('! key');
  });
});

describe('time', () => {
  it('30 s are heard, more are not: kept back, or said by a clock that is ahead', async () => {
    const { a, b, clock } = world();
    const [inTime, late] = [bytes(a.seal(CHANNEL, SAID)), bytes(a.seal(CHANNEL, SAID))];
    await clock.advance(30_000);
    expect(text(b.open(CHANNEL, 0, inTime, true))).toBe(SAID);
    await clock.advance(1);
    expect(text(b.open(CHANNEL, 0, late, true))).toBe('! age');
    const ahead = world().instance('i-9', { now: () => clock.now() + 30_001 });
    expect(text(b.open(CHANNEL, 0, bytes(ahead.seal(CHANNEL, SAID)), true))).toBe('! age');
  });

  it('an instance that has only just come hears nothing old that is told again', async () => {
    const { a, instance, clock } = world();
    const sealed = bytes(a.seal(CHANNEL, SAID));
    await clock.advance(31_000);
    expect(text(instance('new').open(CHANNEL, 0, sealed, true))).toBe('! age');
  });
});

describe('order', () => {
  it('is that of a lane: what comes after a later one has been heard; other lanes and senders have their own', () => {
    const { a, b, instance } = world();
    const [one, two, three] = [1, 2, 3].map((n) => bytes(a.seal(CHANNEL, `1x${n}`)));
    expect(text(b.open(CHANNEL, 0, two!, true))).toBe('1x2');
    expect(text(b.open(CHANNEL, 0, one!, true))).toBe('! replay');
    expect(text(b.open(CHANNEL, 1, one!, true))).toBe('1x1');
    expect(text(b.open(CHANNEL, 0, three!, true))).toBe('1x3');
    expect(text(b.open(CHANNEL, 0, bytes(instance('i-3').seal(CHANNEL, SAID)), true))).toBe(SAID);
  });

  it('what was heard stays heard, however many instances come and go', async () => {
    const { a, b, clock, instance } = world();
    const sealed = bytes(a.seal(CHANNEL, SAID));
    expect(text(b.open(CHANNEL, 0, sealed, true))).toBe(SAID);
    for (let n = 0; n < 500; n++) {
      await clock.advance(100);
      b.open(CHANNEL, 0, bytes(instance(`many-${n}`).seal(CHANNEL, SAID)), true);
      expect(text(b.open(CHANNEL, 0, sealed, true))).toBe(n < 300 ? '! replay' : '! age');
    }
  });
});

describe('one release reads both forms', () => {
  it('off: the old form is written, both are heard', () => {
    const { a, instance } = world();
    const off = instance('i-3', { isOn: false });
    expect(off.seal(CHANNEL, SAID)).toBe(SAID);
    expect(text(off.open(CHANNEL, 0, bytes(SAID), true))).toBe(SAID);
    const sealed = bytes(a.seal(CHANNEL, SAID));
    expect(text(off.open(CHANNEL, 0, sealed, true))).toBe(SAID);
    expect(text(off.open(CHANNEL, 0, sealed, true))).toBe('! replay');
    expect(text(off.open('other', 0, bytes(a.seal(CHANNEL, SAID)), true))).toBe('! proof');
  });

  it('on: what is unsigned is refused', () => {
    expect(text(world().b.open(CHANNEL, 0, bytes(SAID), true))).toBe('! unsigned');
  });

  it.each(['2', '2\n', '2abc', `2${'a'.repeat(200)}\n1`, '2........\n', '2aaaaaaaa.1.1\nx', '2aaaaaaaa.1.1.a b\nx'])(
    '%j is malformed',
    (junk) => expect(text(world().b.open(CHANNEL, 0, bytes(junk), true))).toBe('! malformed'),
  );
});
