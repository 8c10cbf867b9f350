import { beforeEach, describe, expect, it } from 'vitest';
import { createLocalPresence } from '../../src/presence/local-presence.ts';
import type { Signal } from '../../src/room/ports/bus.ts';
import { createPresenceTick } from '../../src/session/presence-tick.ts';

let published: Signal[];
let told: [userId: string, online: boolean, onlineCount: number][];
/** Users whom another instance has in every room. */
let elsewhere: Set<string>;
let tick: ReturnType<typeof createPresenceTick>;

beforeEach(() => {
  published = [];
  told = [];
  elsewhere = new Set();
  const here = createLocalPresence({ openSockets: () => 0 });
  tick = createPresenceTick({
    presence: {
      ...here,
      async view(roomId) {
        const { count, has, users } = await here.view(roomId);
        const others = [...elsewhere].filter((userId) => !has(userId));
        return {
          count: count + others.length,
          has: (userId) => has(userId) || elsewhere.has(userId),
          users: () => [...users(), ...elsewhere],
        };
      },
    },
    hub: {
      emit(signal) {
        published.push(signal);
        if (signal.kind === 'presence') tick.note(signal.roomId, signal.userId, signal.online);
      },
      tellHere(_, event) {
        if (event.type === 'presence') told.push([event.userId, event.online, event.onlineCount]);
      },
      movedRooms: () => [],
      summarise: () => {},
    },
  });
});

describe('presence tick', () => {
  it('tells members and other instances of the first socket and the last', async () => {
    tick.enter('r', 'ann', 's1');
    tick.enter('r', 'ann', 's2');
    await tick.tick();
    tick.leave('r', 'ann', 's1');
    await tick.tick();
    tick.leave('r', 'ann', 's2');
    await tick.tick();
    expect(told).toEqual([
      ['ann', true, 1],
      ['ann', false, 0],
    ]);
    expect(published.map((signal) => signal.kind === 'presence' && signal.online)).toEqual([true, false]);
  });

  it('tells of one who went and came back within a tick how he is at its end', async () => {
    tick.enter('r', 'ann', 's1');
    await tick.tick();
    tick.leave('r', 'ann', 's1');
    tick.enter('r', 'ann', 's2');
    await tick.tick();
    expect(told).toEqual([
      ['ann', true, 1],
      ['ann', true, 1],
    ]);
  });

  it('does not call a user offline who is still connected to another instance', async () => {
    elsewhere.add('ann');
    tick.enter('r', 'ann', 's1');
    await tick.tick();
    tick.leave('r', 'ann', 's1');
    for (let i = 0; i < 10; i++) await tick.tick();
    expect(told).toEqual([['ann', true, 1]]);
  });

  it('waits for 3 ticks until what another instance said can be seen', async () => {
    tick.note('r', 'bob', true);
    await tick.tick();
    await tick.tick();
    expect(told).toEqual([]);
    elsewhere.add('bob');
    await tick.tick();
    expect(told).toEqual([['bob', true, 1]]);
    tick.note('r', 'never', true);
    for (let i = 0; i < 5; i++) await tick.tick();
    elsewhere.add('never');
    await tick.tick();
    expect(told).toHaveLength(1);
  });

  it('tells who went with an instance that died', async () => {
    tick.gone('r', ['bob', 'eve']);
    await tick.tick();
    expect(told).toEqual([
      ['bob', false, 0],
      ['eve', false, 0],
    ]);
  });

  it('spreads a stampede of 120 over 3 ticks', async () => {
    for (let i = 0; i < 120; i++) tick.enter('r', `user-${i}`, `s-${i}`);
    await tick.tick();
    expect(told).toHaveLength(50);
    await tick.tick();
    await tick.tick();
    expect(told).toHaveLength(120);
  });
});
