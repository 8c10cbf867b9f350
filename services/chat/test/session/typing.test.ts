import type { User } from '@gongu/shared';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Signal } from '../../src/room/ports/bus.ts';
import type { Client } from '../../src/session/client.ts';
import { createTyping } from '../../src/session/typing.ts';

const user = (userId: string): User => ({
  ...{ userId, nickname: userId, tag: null, roles: [], anon: false, expiresAtMs: Number.MAX_SAFE_INTEGER },
});
const client = (id: string) => ({ id }) as Client;

function open() {
  const at = { ms: 5_000 };
  const told: { at: number; roomId: string; userId: string; typing: boolean }[] = [];
  const emit = (signal: Signal) => {
    if (signal.kind !== 'typing') throw new Error(signal.kind);
    told.push({ at: at.ms, roomId: signal.roomId, userId: signal.user.userId, typing: signal.typing });
  };
  const typing = createTyping({ hub: { emit }, now: () => at.ms });
  /** Lets time go by, with a tick each 250 ms as the service has it. */
  const wait = (ms: number) => {
    for (const end = at.ms + ms; at.ms < end; ) {
      at.ms += Math.min(250, end - at.ms);
      typing.tick();
    }
  };
  return { at, told, typing, wait };
}

describe('typing', () => {
  it('that flaps 150 times in a second is told once, and then how it ended', () => {
    for (const last of [true, false]) {
      const { told, typing, wait, at } = open();
      const one = client('1');
      for (let i = 0; i < 150; i++) {
        if (i % 2 === 0) typing.start(one, user('ann'), 'r');
        else typing.stop(one, user('ann'), 'r');
        at.ms += 6;
      }
      typing.start(one, user('ann'), 'r');
      if (!last) typing.stop(one, user('ann'), 'r');
      wait(1_250);
      expect(told.length).toBeLessThanOrEqual(3);
      expect(told.at(-1)).toMatchObject({ typing: last });
      expect(told[0]).toMatchObject({ typing: true });
    }
  });

  it('that ends at once is told to have ended, a second after its beginning at the latest', () => {
    const { told, typing, wait } = open();
    const one = client('1');
    typing.start(one, user('ann'), 'r');
    typing.stop(one, user('ann'), 'r');
    expect(told.map(({ typing }) => typing)).toEqual([true]);
    wait(1_000);
    expect(told.map(({ typing }) => typing)).toEqual([true, false]);
    wait(10_000);
    expect(told).toHaveLength(2);
  });

  it('is one of a user, whichever of his sockets says so: it ends with the last of them', () => {
    const { told, typing, wait } = open();
    const [one, two] = [client('1'), client('2')];
    typing.start(one, user('ann'), 'r');
    typing.start(two, user('ann'), 'r');
    wait(2_000);
    typing.stop(one, user('ann'), 'r');
    wait(2_000);
    expect(told.map(({ typing }) => typing)).toEqual([true]);
    typing.stop(two, user('ann'), 'r');
    expect(told.map(({ typing }) => typing)).toEqual([true, false]);
  });

  it('is told again while it is renewed, and ends by itself 6 s after the last time', () => {
    const { told, typing, wait, at } = open();
    const one = client('1');
    const began = at.ms;
    for (let i = 0; i < 10; i++) {
      typing.start(one, user('ann'), 'r');
      wait(500);
    }
    expect(told.map((one) => [one.at - began, one.typing])).toEqual([0, 1, 2, 3, 4].map((s) => [s * 1_000, true]));
    wait(7_000);
    expect(told.at(-1)).toMatchObject({ typing: false });
    expect(told.at(-1)!.at - began).toBeLessThanOrEqual(4_500 + 6_250);
  });

  it('that ends by sending or going is told to have ended at once, and another socket may begin at once', () => {
    const { told, typing } = open();
    for (const id of ['1', '2', '3']) {
      const one = client(id);
      typing.start(one, user('ann'), 'r');
      if (id === '2') typing.stop(one, user('ann'), 'r');
      typing.end(one, user('ann'), 'r');
      typing.start(one, user('ann'), 'r');
      typing.end(one, user('ann'), 'r');
    }
    expect(told.map(({ typing }) => typing)).toEqual([true, false, true, false, true, false]);
  });

  it('whatever is said: a room hears of each user once a second at most, and in the end what is so', () => {
    const said = fc.record({
      who: fc.constantFrom('ann', 'bob'),
      socket: fc.constantFrom('1', '2'),
      roomId: fc.constantFrom('r', 's'),
      on: fc.boolean(),
      gap: fc.nat(700),
    });
    fc.assert(
      fc.property(fc.array(said, { maxLength: 120 }), (all) => {
        const { told, typing, wait } = open();
        const sockets = new Map<string, Client>();
        const truth = new Map<string, Set<string>>();
        for (const { who, socket, roomId, on, gap } of all) {
          const id = `${who} ${socket}`;
          const one = sockets.get(id) ?? client(id);
          sockets.set(id, one);
          const key = `${who} ${roomId}`;
          const typists = truth.get(key) ?? new Set();
          truth.set(key, typists);
          if (on) {
            typing.start(one, user(who), roomId);
            typists.add(id);
          } else {
            typing.stop(one, user(who), roomId);
            typists.delete(id);
          }
          wait(gap);
        }
        // All that is on is renewed, so that nothing ends by itself while what had to wait is told.
        for (const [key, typists] of truth) {
          for (const id of typists) typing.start(sockets.get(id)!, user(key.split(' ')[0]!), key.split(' ')[1]!);
        }
        wait(1_250);
        for (const [key, typists] of truth) {
          const heard = told.filter(({ userId, roomId }) => `${userId} ${roomId}` === key);
          expect(heard.at(-1)?.typing ?? false).toBe(typists.size > 0);
          const gaps = heard.slice(1).map((next, i) => next.at - heard[i]!.at);
          expect(gaps.filter((gap) => gap < 1_000)).toEqual([]);
        }
      }),
    );
  });
});
