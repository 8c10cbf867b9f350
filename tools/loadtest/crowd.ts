import { randomBytes } from 'node:crypto';
import {
  checkAgreement,
  createCalls,
  createFaults,
  createLedger,
  type Shopper,
  settle,
  startShopper,
  storedRoom,
} from '@gongu/sim';
import { createLatency } from '@gongu/testkit';
import type { LoadtestArguments } from './arguments.ts';
import type { Target } from './target.ts';

/** Clients that connect at the same time. */
const CONNECTING_MAX = 50;
/** Longest way of one client into its room. */
const ENTER_MS = 60_000;
/** Longest wait after the talk until everything is everywhere. */
const SETTLE_MS = 60_000;
/** Longest time for removing the rooms. */
const LEAVE_MS = 15_000;
const HOUR_MS = 3_600_000;

/** Rooms and clients of one load test. Times go to `latency`, what is wrong to `faults`. */
export function createCrowd(target: Target, { clients, rooms }: LoadtestArguments) {
  const { calls, chatUrl, sockets, auth } = target;
  const faults = createFaults();
  const latency = { joined: createLatency(), ack: createLatency(), receipt: createLatency() };
  const run = randomBytes(4).toString('hex');
  const ledgers = Array.from({ length: rooms }, (_, i) => createLedger({ roomId: `load-${run}-${i + 1}`, faults }));
  const shoppers: Shopper[] = [];
  const roomUrl = (roomId: string) => `${chatUrl}/api/chat/rooms/${roomId}`;
  const opened: string[] = [];

  function start(i: number): Shopper {
    const userId = `load-${run}-${i + 1}`;
    const turn = i % sockets.length;
    return startShopper({
      userId,
      // Asked for at each return and before its end, so an hour is enough for any test.
      token: () => auth.signUser({ userId }, 3_600),
      urls: [...sockets.slice(turn), ...sockets.slice(0, turn)],
      ledger: ledgers[i % rooms]!,
      after: null,
      observe: {
        onJoined: (ms) => latency.joined.record(ms),
        onAcknowledged: (ms) => latency.ack.record(ms),
        onReceived: (ms) => latency.receipt.record(ms),
      },
    });
  }

  return {
    faults,
    latency,
    shoppers: shoppers as readonly Shopper[],
    ledgers,

    async openRooms(): Promise<void> {
      for (const { roomId } of ledgers) {
        await calls.service('POST', `${chatUrl}/api/chat/rooms`, {
          productId: roomId,
          title: `load test ${run}`,
          hostId: `load-${run}-host`,
          maxParticipants: Math.ceil(clients / rooms),
          expiresAt: new Date(Date.now() + 24 * HOUR_MS).toISOString(),
        });
        opened.push(roomId);
      }
    },

    /** Everybody comes, a few at a time. @throws Error naming the first who has no place in time */
    async enter(stopping: AbortSignal): Promise<void> {
      let next = 0;
      const line = async () => {
        while (next < clients && !stopping.aborted) {
          const shopper = start(next++);
          shoppers.push(shopper);
          await shopper.until('place in the room', () => shopper.place === 'in', ENTER_MS);
        }
      };
      await Promise.all(Array.from({ length: Math.min(CONNECTING_MAX, clients) }, line));
    },

    /** Waits until everything is everywhere, and compares it with what is stored. */
    async check(): Promise<void> {
      for (const ledger of ledgers) {
        const url = roomUrl(ledger.roomId);
        const own = shoppers.filter((shopper) => shopper.ledger === ledger);
        const room = storedRoom((path) => calls.service('GET', url + path));
        await settle({ shoppers: own, head: room.head, timeoutMs: SETTLE_MS });
        checkAgreement({ ledger, shoppers: own, stored: await room.messages() });
      }
    },

    /** Ends all connections, and removes the rooms where they would outlive this run. */
    async leave(): Promise<void> {
      for (const shopper of shoppers) shopper.close();
      if (!target.lasting) return;
      // The run's own calls may have been given up with it.
      const last = createCalls({ auth, stopping: AbortSignal.timeout(LEAVE_MS) });
      for (let roomId = opened.pop(); roomId !== undefined; roomId = opened.pop()) {
        await last.service('DELETE', roomUrl(roomId));
      }
    },
  };
}

export type Crowd = ReturnType<typeof createCrowd>;
