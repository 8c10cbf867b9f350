import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Bus, Signal } from '../../src/room/ports/bus.ts';
import { storedMessage } from '../fixture/messages.ts';
import { chatMessage, followed, listenTo, messageSignal } from '../fixture/signals.ts';

/** Where the buses of one test meet. */
export interface BusWorld {
  /** Another instance's bus, ready. */
  bus(): Promise<Bus>;
  close(): Promise<void>;
}

/** What every implementation of `Bus` keeps to. */
export function busContract(name: string, open: () => Promise<BusWorld>): void {
  describe(`bus contract: ${name}`, () => {
    let world: BusWorld;
    let a: Bus;
    let b: Bus;
    const opened: Bus[] = [];

    beforeEach(async () => {
      world = await open();
      [a, b] = [await world.bus(), await world.bus()];
      opened.push(a, b);
    });
    afterEach(async () => {
      await Promise.all(opened.splice(0).map((bus) => bus.close()));
      await world.close();
    });

    /** A signal that arrives after all that was published before it, so that what did not arrive will not. */
    async function flush(from: Bus, to: Bus, ear: ReturnType<typeof listenTo>): Promise<void> {
      await followed(to, 'flush');
      from.publish({ kind: 'removed', roomId: 'flush' });
      await ear.until((heard) => heard.some(({ roomId }) => roomId === 'flush'));
    }

    it('carries every kind of signal as it was', async () => {
      const signals: Signal[] = [
        {
          kind: 'messages',
          roomId: 'r',
          messages: [chatMessage('r', 1), storedMessage(2, { roomId: 'r', data: { a: [1, null] } })],
        },
        { kind: 'read', roomId: 'r', userId: '사용자 1', seq: 2, chatNo: 1 },
        { kind: 'typing', roomId: 'r', user: { userId: 'ann', nickname: '귀여운 감귤', tag: '0042' }, typing: true },
        { kind: 'presence', roomId: 'r', userId: 'ann', online: false },
        { kind: 'removed', roomId: 'r' },
        { kind: 'member', roomId: '@사용자 1' },
      ];
      const ear = listenTo(b);
      await followed(b, 'r');
      await followed(b, '@사용자 1');
      for (const signal of signals) a.publish(signal);
      await ear.until((heard) => heard.length === signals.length);
      // The order holds within a room: two rooms may live on two nodes of a Cluster.
      for (const roomId of ['r', '@사용자 1']) {
        const ofRoom = (signal: Signal) => signal.roomId === roomId;
        expect(ear.heard.filter(ofRoom)).toEqual(signals.filter(ofRoom));
      }
    });

    it('keeps the order of 500 signals of a room', async () => {
      const ear = listenTo(b);
      await followed(b, 'r');
      for (let seq = 1; seq <= 500; seq++) {
        a.publish(messageSignal('r', seq));
        if (seq % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      await ear.until((heard) => heard.length === 500);
      expect(ear.seqs()).toEqual(Array.from({ length: 500 }, (_, i) => i + 1));
    });

    it('reaches every other instance, and not the one that published', async () => {
      const c = await world.bus();
      opened.push(c);
      const ears = [a, b, c].map(listenTo);
      await Promise.all([a, b, c].map((bus) => bus.follow('r')));
      a.publish(messageSignal('r', 1));
      await Promise.all(ears.slice(1).map((ear) => ear.until((heard) => heard.length === 1)));
      b.publish(messageSignal('r', 2));
      await ears[0]!.until((heard) => heard.length === 1);
      await ears[2]!.until((heard) => heard.length === 2);
      expect(ears.map((ear) => ear.seqs())).toEqual([[2], [1], [1, 2]]);
    });

    it('is heard from the moment in which follow resolves', async () => {
      const ear = listenTo(b);
      for (let i = 0; i < 50; i++) {
        await followed(b, `room-${i}`);
        a.publish(messageSignal(`room-${i}`, 1));
      }
      await ear.until((heard) => heard.length === 50);
    });

    it('brings nothing of rooms that are not followed, or no longer', async () => {
      const ear = listenTo(b);
      await followed(b, 'left');
      await followed(b, 'kept');
      b.unfollow('left');
      b.unfollow('never followed');
      await flush(a, b, ear);
      a.publish(messageSignal('left', 1));
      a.publish(messageSignal('never', 1));
      a.publish(messageSignal('kept', 1));
      await ear.until((heard) => heard.some(({ roomId }) => roomId === 'kept'));
      expect(ear.heard.map(({ roomId }) => roomId)).toEqual(['flush', 'kept']);
    });

    it('follows again after unfollow, also in the same turn', async () => {
      const ear = listenTo(b);
      await followed(b, 'r');
      b.unfollow('r');
      await followed(b, 'r');
      a.publish(messageSignal('r', 1));
      await ear.until((heard) => heard.length === 1);
      b.unfollow('r');
      await flush(a, b, ear);
      await followed(b, 'r');
      a.publish(messageSignal('r', 2));
      await ear.until((heard) => heard.length === 3);
      expect(ear.seqs()).toEqual([1, 2]);
    });

    it('answers every one of several follows of a room, and one unfollow ends them', async () => {
      const ear = listenTo(b);
      await Promise.all([b.follow('r'), b.follow('r'), b.follow('r')]);
      a.publish(messageSignal('r', 1));
      await ear.until((heard) => heard.length === 1);
      b.unfollow('r');
      await flush(a, b, ear);
      a.publish(messageSignal('r', 2));
      await followed(b, 'last');
      a.publish(messageSignal('last', 3));
      await ear.until((heard) => heard.length === 3);
      expect(ear.seqs()).toEqual([1, 3]);
    });

    it('follows 2 000 rooms at once', async () => {
      const ear = listenTo(b);
      const rooms = Array.from({ length: 2_000 }, (_, i) => `room-${i}`);
      await followed(b, ...rooms);
      for (const room of rooms) a.publish(messageSignal(room, 1));
      await ear.until((heard) => heard.length === 2_000);
      for (const room of rooms) b.unfollow(room);
      await flush(a, b, ear);
    });

    it('carries a batch of 100 messages of 4 000 Korean characters', async () => {
      const ear = listenTo(b);
      await followed(b, 'r');
      const messages = Array.from({ length: 100 }, (_, i) => chatMessage('r', i + 1, '가'.repeat(4_000)));
      a.publish({ kind: 'messages', roomId: 'r', messages });
      await ear.until((heard) => heard.length === 1);
      expect(ear.heard[0]).toEqual({ kind: 'messages', roomId: 'r', messages });
    });

    it('asks for reads of the store between once a second and every 15 s', () => {
      for (const bus of [a, b]) {
        expect(bus.headIntervalMs()).toBeGreaterThanOrEqual(1_000);
        expect(bus.headIntervalMs()).toBeLessThanOrEqual(15_000);
        expect(['ok', 'off']).toContain(bus.state());
      }
    });

    it('is silent and harmless once it is closed, however often', async () => {
      const ear = listenTo(a);
      const other = listenTo(b);
      await Promise.all([a.follow('r'), b.follow('r')]);
      await Promise.all([a.close(), a.close()]);
      a.publish(messageSignal('r', 1));
      await a.follow('r');
      a.unfollow('r');
      b.publish(messageSignal('r', 2));
      const c = await world.bus();
      opened.push(c);
      await flush(c, b, other);
      expect(ear.heard).toEqual([]);
      expect(other.seqs()).toEqual([]);
      await a.close();
    });
  });
}
