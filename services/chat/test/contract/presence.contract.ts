import { eventually } from '@gongu/testkit/eventually';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Presence } from '../../src/room/ports/presence.ts';

/** Where the instances of one test meet. */
export interface PresenceWorld {
  /** Another instance's presence. `openSockets`: how many sockets it says to have. */
  presence(openSockets?: () => number): Promise<Presence>;
  close(): Promise<void>;
}

/** What every implementation of `Presence` keeps to; `shared`: whether instances know of each other. */
export function presenceContract(
  name: string,
  open: () => Promise<PresenceWorld>,
  { shared }: { shared: boolean },
): void {
  describe(`presence contract: ${name}`, () => {
    let world: PresenceWorld;
    let a: Presence;
    const opened: Presence[] = [];
    const another = async (openSockets?: () => number) => {
      const presence = await world.presence(openSockets);
      opened.push(presence);
      return presence;
    };

    beforeEach(async () => {
      world = await open();
      a = await another(() => 7);
    });
    afterEach(async () => {
      await Promise.all(opened.splice(0).map((presence) => presence.close()));
      await world.close();
    });

    it('counts users, not sockets, and tells the first socket and the last', async () => {
      expect(a.enter('r', 'ann', 's1')).toBe(true);
      expect(a.enter('r', 'ann', 's2')).toBe(false);
      expect(a.enter('r', 'bob', 's3')).toBe(true);
      expect((await a.view('r')).count).toBe(2);
      expect(a.leave('r', 'ann', 's1')).toBe(false);
      expect((await a.view('r')).has('ann')).toBe(true);
      expect(a.leave('r', 'ann', 's2')).toBe(true);
      const view = await a.view('r');
      expect([view.count, view.has('ann'), view.has('bob')]).toEqual([1, false, true]);
    });

    it('takes the same socket only once, and a leave of what never came for nothing', async () => {
      expect(a.enter('r', 'ann', 's1')).toBe(true);
      expect(a.enter('r', 'ann', 's1')).toBe(false);
      expect(a.leave('r', 'ann', 'other')).toBe(false);
      expect(a.leave('r', 'bob', 's1')).toBe(false);
      expect(a.leave('elsewhere', 'ann', 's1')).toBe(false);
      expect(a.leave('r', 'ann', 's1')).toBe(true);
      expect(a.leave('r', 'ann', 's1')).toBe(false);
      expect((await a.view('r')).count).toBe(0);
    });

    it('keeps rooms apart', async () => {
      a.enter('r1', 'ann', 's1');
      a.enter('r2', 'ann', 's1');
      a.leave('r1', 'ann', 's1');
      expect((await a.view('r1')).count).toBe(0);
      expect((await a.view('r2')).count).toBe(1);
      expect((await a.view('never')).count).toBe(0);
    });

    it('takes ids of any characters', async () => {
      for (const userId of ['사용자 1', '{ann}', 'a:b', 'toString', '__proto__']) {
        a.enter('r', userId, `s-${userId}`);
        expect((await a.view('r')).has(userId)).toBe(true);
      }
      expect((await a.view('r')).count).toBe(5);
      expect((await a.view('__proto__')).count).toBe(0);
    });

    it('knows at once what happened here, in a storm of 5 000', async () => {
      for (let i = 0; i < 5_000; i++) a.enter(`r-${i % 50}`, `user-${i}`, `s-${i}`);
      for (let room = 0; room < 50; room++) expect((await a.view(`r-${room}`)).count).toBe(100);
      for (let i = 0; i < 5_000; i++) a.leave(`r-${i % 50}`, `user-${i}`, `s-${i}`);
      for (let room = 0; room < 50; room++) expect((await a.view(`r-${room}`)).count).toBe(0);
    });

    it('counts the open sockets, also those in no room', async () => {
      expect(await a.connections()).toBe(7);
    });

    it('can be closed twice', async () => {
      await Promise.all([a.close(), a.close()]);
    });

    if (!shared) return;

    const seen = async (presence: Presence, roomId: string, users: readonly string[]) =>
      eventually(
        async () => {
          const view = await presence.view(roomId);
          expect(users.filter((userId) => !view.has(userId))).toEqual([]);
          expect(view.count).toBe(users.length);
        },
        { intervalMs: 20 },
      );

    it('shows the users of all instances, each once', async () => {
      const b = await another();
      a.enter('r', 'ann', 's1');
      a.enter('r', 'both', 's2');
      b.enter('r', 'bob', 's3');
      b.enter('r', 'both', 's4');
      await seen(a, 'r', ['ann', 'bob', 'both']);
      await seen(b, 'r', ['ann', 'bob', 'both']);
      b.leave('r', 'both', 's4');
      await seen(a, 'r', ['ann', 'bob', 'both']);
      await seen(b, 'r', ['ann', 'bob', 'both']);
      a.leave('r', 'both', 's2');
      await seen(b, 'r', ['ann', 'bob']);
      b.leave('r', 'bob', 's3');
      await seen(a, 'r', ['ann']);
    });

    it('shows a room to an instance that has nobody there', async () => {
      const b = await another();
      a.enter('r', 'ann', 's1');
      await seen(b, 'r', ['ann']);
      a.leave('r', 'ann', 's1');
      await seen(b, 'r', []);
    });

    it('shows to another instance what is left of a storm of 5 000 in one room', async () => {
      const b = await another();
      for (let i = 0; i < 5_000; i++) a.enter('r', `user-${i}`, `s-${i}`);
      for (let i = 0; i < 5_000; i += 2) a.leave('r', `user-${i}`, `s-${i}`);
      await eventually(async () => expect((await b.view('r')).count).toBe(2_500));
    });

    it('sums the open sockets of all instances, and forgets those of one that left', async () => {
      const b = await another(() => 5);
      await eventually(async () => expect(await a.connections()).toBe(12));
      await eventually(async () => expect(await b.connections()).toBe(12));
      await b.close();
      await eventually(async () => expect(await a.connections()).toBe(7));
    });

    it('shows an instance offline that said goodbye', async () => {
      const b = await another();
      b.enter('r', 'bob', 's1');
      await seen(a, 'r', ['bob']);
      await b.close();
      await seen(a, 'r', []);
    });
  });
}
