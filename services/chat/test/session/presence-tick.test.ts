import { beforeEach, describe, expect, it } from 'vitest';
import { createLocalPresence } from '../../src/presence/local-presence.ts';
import type { Signal } from '../../src/room/ports/bus.ts';
import { createPresenceBeat } from '../../src/session/presence-tick.ts';

let published: Signal[];
let told: [userId: string, online: boolean, onlineCount: number][];
/** Users whom another instance has in every room. */
let elsewhere: Set<string>;
let heard: (roomId: string, userId: string, online: boolean) => void;
let beat: ReturnType<typeof createPresenceBeat>;

beforeEach(() => {
  published = [];
  told = [];
  elsewhere = new Set();
  const here = createLocalPresence({ openSockets: () => 0 });
  beat = createPresenceBeat({
    presence: {
      ...here,
      async view(roomId) {
        const { count, has } = await here.view(roomId);
        const others = [...elsewhere].filter((userId) => !has(userId));
        return { count: count + others.length, has: (userId) => has(userId) || elsewhere.has(userId) };
      },
    },
    hub: {
      onPresence: (listener) => {
        heard = listener;
      },
      tellHere(_, event) {
        if (event.type === 'presence') told.push([event.userId, event.online, event.onlineCount]);
      },
      movedRooms: () => [],
      summarise: () => {},
    },
    bus: { publish: (signal) => void published.push(signal) },
  });
});

describe('presence beat', () => {
  it('tells members and other instances of the first socket and the last', async () => {
    beat.enter('r', 'ann', 's1');
    beat.enter('r', 'ann', 's2');
    await beat.beat();
    beat.leave('r', 'ann', 's1');
    await beat.beat();
    beat.leave('r', 'ann', 's2');
    await beat.beat();
    expect(told).toEqual([
      ['ann', true, 1],
      ['ann', false, 0],
    ]);
    expect(published.map((signal) => signal.kind === 'presence' && signal.online)).toEqual([true, false]);
  });

  it('tells of one who went and came back within a beat how he is at its end', async () => {
    beat.enter('r', 'ann', 's1');
    await beat.beat();
    beat.leave('r', 'ann', 's1');
    beat.enter('r', 'ann', 's2');
    await beat.beat();
    expect(told).toEqual([
      ['ann', true, 1],
      ['ann', true, 1],
    ]);
  });

  it('does not call a user offline who is still connected to another instance', async () => {
    elsewhere.add('ann');
    beat.enter('r', 'ann', 's1');
    await beat.beat();
    beat.leave('r', 'ann', 's1');
    for (let i = 0; i < 10; i++) await beat.beat();
    expect(told).toEqual([['ann', true, 1]]);
  });

  it('waits for 3 beats until what another instance said can be seen', async () => {
    heard('r', 'bob', true);
    await beat.beat();
    await beat.beat();
    expect(told).toEqual([]);
    elsewhere.add('bob');
    await beat.beat();
    expect(told).toEqual([['bob', true, 1]]);
    heard('r', 'never', true);
    for (let i = 0; i < 5; i++) await beat.beat();
    elsewhere.add('never');
    await beat.beat();
    expect(told).toHaveLength(1);
  });

  it('tells who went with an instance that died', async () => {
    beat.gone('r', ['bob', 'eve']);
    await beat.beat();
    expect(told).toEqual([
      ['bob', false, 0],
      ['eve', false, 0],
    ]);
  });

  it('spreads a stampede of 120 over 3 beats', async () => {
    for (let i = 0; i < 120; i++) beat.enter('r', `user-${i}`, `s-${i}`);
    await beat.beat();
    expect(told).toHaveLength(50);
    await beat.beat();
    await beat.beat();
    expect(told).toHaveLength(120);
  });
});
