import { setTimeout as sleep } from 'node:timers/promises';
import { LOBBY, type Participant } from '@gongu/sim';
import type { Asking } from './asking.ts';
import type { Commotion } from './commotion.ts';
import type { Crowd } from './crowd.ts';
import { type Heads, readHeads, readMembers, readRoom } from './final-state.ts';
import type { Offer, Shop } from './shop.ts';
import type { ChaosSystem } from './system/chaos-system.ts';

export interface SettleOptions {
  readonly system: ChaosSystem;
  readonly shop: Shop;
  readonly commotion: Pick<Commotion, 'underWay'>;
  readonly asking: Pick<Asking, 'underWay'>;
  readonly crowd: Pick<Crowd, 'goneVisitors' | 'neverOnline'>;
  readonly participants: readonly Participant[];
  readonly offers: readonly Offer[];
  readonly say: (text: string) => void;
  readonly stopping: AbortSignal;
}

/** Longest that each part of the settling may take; what is missing then, the checker names. */
const PATIENCE_MS = 60_000;
/** A product that ends while what is stored is being read ends behind it, for those who are told. */
const SOON_MS = 30_000;
const LOOK_MS = 150;

/**
 * After the healing: waits until everything that was asked is answered, and everybody has everything.
 *
 * @returns what was given up
 */
export async function settle(options: SettleOptions): Promise<readonly string[]> {
  const { system, shop, commotion, asking, crowd, participants, offers, say, stopping } = options;
  const { chats, trade, calls, chatUrl } = system;
  const unsettled: string[] = [];

  async function until(
    what: string,
    holds: () => Promise<boolean> | boolean,
    missing: () => readonly Participant[] = () => [],
  ): Promise<void> {
    const giveUpAt = performance.now() + PATIENCE_MS;
    while (!(await Promise.resolve(holds()).catch(() => false))) {
      if (stopping.aborted) return;
      if (performance.now() > giveUpAt) {
        unsettled.push(what);
        return say(
          [`not settled in ${PATIENCE_MS / 1_000} s: ${what}`, ...missing().slice(0, 10).map(stateOf)].join('\n'),
        );
      }
      await sleep(LOOK_MS);
    }
    say(`settled: ${what}`);
  }

  const present = () => participants.filter(({ place }) => place === 'in' || place === 'away');
  const outbox = () => calls.service<{ depth: number }>('GET', `${trade.url}/api/trade/outbox`);

  await until('every service is ready', async () => {
    const answers = await Promise.all([...chats, trade].map(({ url }) => fetch(`${url}/readyz`)));
    const states = await Promise.all(
      answers.map(async (answer) => ((await answer.json()) as { status: string }).status),
    );
    return states.every((status) => status === 'ready');
  });
  await until('every purchase is answered', () => shop.underWay === 0);
  await until('nobody comes or goes any more', () => commotion.underWay === 0);
  await until('every change, mute, ban and file is answered', () => asking.underWay === 0);
  await until("trade's outbox is empty", async () => (await outbox()).depth === 0);
  await until('deadlines that pass soon have ended their products, and their rooms follow', async () => {
    for (const { id, sellerId } of offers) {
      const product = (await shop.read(sellerId, `/${id}`)) as { status: string; deadline: string };
      if (product.status === 'RECRUITING' && Date.parse(product.deadline) < Date.now() + SOON_MS) return false;
    }
    return (await outbox()).depth === 0;
  });
  await until('rooms have the caps of their products', async () => {
    for (const { id, sellerId } of offers) {
      const product = (await shop.read(sellerId, `/${id}`)) as { maxParticipants: number };
      const room = await readRoom(calls, chatUrl, id);
      if (room?.status === 'ACTIVE' && room.maxParticipants !== product.maxParticipants) return false;
    }
    return true;
  });
  const gone = new Set(crowd.goneVisitors);
  const rid = new Set<string>();
  await until('visitors who are gone have given up their places', async () => {
    for (const { id } of offers) {
      if (rid.has(id)) continue;
      const room = await readRoom(calls, chatUrl, id);
      const isKept = room !== null && room.status !== 'CANCELLED';
      if (isKept && (await readMembers(calls, chatUrl, id)).some(({ userId }) => gone.has(userId))) return false;
      rid.add(id);
    }
    return true;
  });
  const away = () => present().filter(({ place }) => place !== 'in');
  await until('everybody is in his room, or refused', () => away().length === 0, away);
  const unanswered = () => present().filter(({ record }) => record.pending.size > 0);
  await until(
    'everything said is answered',
    async () => {
      // An answer may be to ask again later, and who is out asks too: what he said before may have been stored.
      const asking = participants.filter(({ place, record }) => place !== 'over' && record.pending.size > 0);
      await Promise.all(asking.map((participant) => participant.resolve()));
      return unanswered().length === 0;
    },
    unanswered,
  );
  const heads = new Map<string, Heads>();
  for (const id of [...offers.map((offer) => offer.id), LOBBY]) {
    heads.set(id, await readHeads(calls, chatUrl, id));
  }
  const headFor = ({ roomId, hidesChanges }: Participant) => heads.get(roomId)![hidesChanges ? 'told' : 'last'];
  const behind = () => present().filter((participant) => participant.record.lastSeq < headFor(participant));
  await until('everybody has everything', () => behind().length === 0, behind);
  const silent = new Set(crowd.neverOnline);
  await until('the lobby counts those who are in it', async () => {
    const inIt = participants.filter(({ roomId, place }) => roomId === LOBBY && place === 'in');
    const online = new Set(inIt.map(({ userId }) => userId).filter((userId) => !silent.has(userId)));
    return (await readRoom(calls, chatUrl, LOBBY))?.onlineCount === online.size;
  });
  return unsettled;
}

function stateOf({ client, roomId, place, record }: Participant): string {
  return `  ${client} in ${roomId}: ${place}, at ${record.lastSeq}, ${record.pending.size} unanswered, ${JSON.stringify(record.entries.at(-1)).slice(0, 200)}`;
}
