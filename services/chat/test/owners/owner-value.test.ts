import { manualClock } from '@gongu/testkit';
import { describe, expect, it } from 'vitest';
import { createHopTokens } from '../../src/owners/hop-token.ts';
import { createOwnerValues } from '../../src/owners/owner-value.ts';
import { createSealKey } from '../../src/redis/seal-key.ts';

const key = createSealKey('what trade and chat share, nobody else');
const other = createSealKey('another secret of thirty-two bytes!!');
const URL_OF_ONE = 'http://10.0.0.1:8080';
const NAME = 'gongu:sockjs:abc';

describe('an owner in Redis', () => {
  const clock = manualClock();
  const on = createOwnerValues({ key, now: clock.now, isOn: true });
  const off = createOwnerValues({ key, now: clock.now, isOn: false });

  it('is sealed for its session, and read by instances of both kinds', () => {
    const value = on.write(NAME, URL_OF_ONE, 60_000);
    expect([on.read(NAME, value), off.read(NAME, value)]).toEqual([URL_OF_ONE, URL_OF_ONE]);
    expect(on.read('gongu:sockjs:other', value)).toBeNull();
    expect(Buffer.from(value.split('.').at(-1)!, 'base64url').toString('latin1')).not.toContain('10.0');
    expect(value).toContain(`.${on.ownerOf(URL_OF_ONE)}.`);
  });

  it('is nobody where it was changed, or sealed with another secret', () => {
    const value = on.write(NAME, URL_OF_ONE, 60_000);
    const changed = [...value].map(
      (_, at) => `${value.slice(0, at)}${value[at] === 'A' ? 'B' : 'A'}${value.slice(at + 1)}`,
    );
    for (const read of [on.read, off.read]) {
      for (const one of changed.slice(2, -1)) expect(read(NAME, one), one).toBeNull();
      expect(
        read(NAME, createOwnerValues({ key: other, now: clock.now, isOn: true }).write(NAME, URL_OF_ONE, 1)),
      ).toBeNull();
      for (const junk of ['2.', '2.a.b.c.http://evil', `2.${key.id}.zz.${'A'.repeat(22)}.http://evil`]) {
        expect(read(NAME, junk), junk).toBeNull();
      }
    }
  });

  it('is good for as long as Redis keeps it, and for a difference of clocks', async () => {
    const value = on.write(NAME, URL_OF_ONE, 60_000);
    await clock.advance(90_000);
    expect(on.read(NAME, value)).toBe(URL_OF_ONE);
    await clock.advance(2);
    expect(on.read(NAME, value)).toBeNull();
  });

  it('in clear: believed until all seal, and then no more', () => {
    expect(off.write(NAME, URL_OF_ONE, 60_000)).toBe(URL_OF_ONE);
    expect([off.read(NAME, URL_OF_ONE), on.read(NAME, URL_OF_ONE)]).toEqual([URL_OF_ONE, null]);
  });
});

it('a token of a request between instances is good for that request to that instance, for half a minute', async () => {
  const clock = manualClock();
  const hops = createHopTokens({ key, now: clock.now });
  const hop = { owner: URL_OF_ONE, method: 'POST', url: '/ws/chat/000/abc/xhr?token=t' };
  const token = hops.sign(hop);
  expect(hops.isGood(token, hop)).toBe(true);
  for (const changed of [{ owner: 'http://10.0.0.2:8080' }, { method: 'GET' }, { url: '/ws/chat/000/abc/xhr_send' }]) {
    expect(hops.isGood(token, { ...hop, ...changed })).toBe(false);
  }
  expect(createHopTokens({ key: other, now: clock.now }).isGood(token, hop)).toBe(false);
  for (const junk of ['', '2...', 'guess', `${token}x`, token.slice(1)]) expect(hops.isGood(junk, hop)).toBe(false);
  await clock.advance(30_001);
  expect(hops.isGood(token, hop)).toBe(false);
});
