import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SessionOwners } from '../../src/transport/sockjs/owners.ts';

/** Where the instances of one test meet. */
export interface OwnersWorld {
  /** Another instance. */
  owners(self: string): Promise<SessionOwners>;
  close(): Promise<void>;
}

/** What every implementation of `SessionOwners` keeps to. */
export function ownersContract(name: string, open: () => Promise<OwnersWorld>): void {
  describe(`owners contract: ${name}`, () => {
    let world: OwnersWorld;
    let a: SessionOwners;
    let b: SessionOwners;
    const A = 'http://a.example:8080';
    const B = 'http://b.example:8080';

    beforeEach(async () => {
      world = await open();
      a = await world.owners(A);
      b = await world.owners(B);
    });
    afterEach(() => world.close());

    it('knows itself', () => {
      expect([a.self, b.self]).toEqual([A, B]);
    });

    it('gives a session to the first that claims it', async () => {
      expect(await a.claim('s')).toBe(A);
      expect(await b.claim('s')).toBe(A);
      expect(await a.claim('s')).toBe(A);
    });

    it('gives it to one only, when all claim it at once', async () => {
      const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => (i % 2 ? a : b).claim('s')));
      expect(new Set(answers).size).toBe(1);
      expect(await a.find('s')).toBe(answers[0]);
    });

    it('is found by all, and nobody has what nobody claimed', async () => {
      await a.claim('s');
      expect([await a.find('s'), await b.find('s'), await b.find('other')]).toEqual([A, A, null]);
    });

    it('forgets a claim that is released, and then another may have it', async () => {
      await a.claim('s');
      await a.release('s', A);
      expect([await a.find('s'), await b.find('s')]).toEqual([null, null]);
      expect(await b.claim('s')).toBe(B);
    });

    it("releases another's claim only by that one's name", async () => {
      await a.claim('s');
      await b.release('s', B);
      expect(await b.find('s')).toBe(A);
      await b.release('s', A);
      expect(await b.find('s')).toBeNull();
      await b.release('never', A);
    });

    it('takes ids of any characters', async () => {
      for (const id of ['세션 1', '{s}', 'a:b', '__proto__', 'constructor']) {
        expect(await a.find(id)).toBeNull();
        expect(await a.claim(id)).toBe(A);
        expect(await b.find(id)).toBe(A);
      }
    });
  });
}
