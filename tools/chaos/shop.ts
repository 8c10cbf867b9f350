import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { callAs, type Purchase } from '@gongu/sim';
import type { Edit, Sale } from './plan/schedule.ts';
import type { ChaosSystem } from './system/chaos-system.ts';

export interface ShopOptions {
  readonly system: ChaosSystem;
  /** Nobody asks any more. */
  readonly stopping: AbortSignal;
}

/** One product and who sells it. */
export interface Offer {
  readonly id: string;
  readonly sellerId: string;
}

interface Answer {
  readonly status: number;
  readonly code: string | null;
  readonly body: Record<string, unknown>;
  /** Whether an earlier try of the same request was lost: it may have done its work. */
  readonly doubted: boolean;
}

const ANSWER_MS = 6_000;
const AGAIN_MS = 400;
/** The same request again, under its own key. */
const AGAIN = new Set(['CONFLICT', 'RATE_LIMITED']);

/** Sellers and buyers: they ask trade until there is an answer, and write down what it was. */
export function createShop({ system, stopping }: ShopOptions) {
  const { auth, trade } = system;
  const purchases: Purchase[] = [];
  const counts = { products: 0, bought: 0, refused: 0, withdrawn: 0, edited: 0, triesLost: 0 };
  const underWay = new Set<Promise<void>>();

  const seller = (userId: string) => auth.signUser({ userId, nickname: userId, roles: ['seller'] }, 3_600);

  async function ask(token: string, method: string, path: string, body?: object): Promise<Answer> {
    const key = randomUUID();
    let doubted = false;
    for (;;) {
      stopping.throwIfAborted();
      const answer = await once(token, method, path, body, key).catch(() => null);
      if (answer && answer.status < 500 && !AGAIN.has(answer.code ?? '')) return { ...answer, doubted };
      doubted = true;
      counts.triesLost += 1;
      await sleep(AGAIN_MS);
    }
  }

  async function once(token: string, method: string, path: string, body: object | undefined, key: string) {
    const answer = await callAs<Record<string, unknown> | null>({
      ...{ token, method, url: `${trade.url}/api/products${path}`, body },
      headers: method === 'POST' ? { 'idempotency-key': key } : {},
      signal: AbortSignal.any([stopping, AbortSignal.timeout(ANSWER_MS)]),
    });
    return { ...answer, body: answer.body ?? {} };
  }

  /** Something that goes on beside everything else, and is waited for in the end. */
  function begin(work: () => Promise<void>): void {
    const running = work()
      .catch((error) => {
        if (!stopping.aborted) throw error;
      })
      .finally(() => underWay.delete(running));
    underWay.add(running);
  }

  async function buy(productId: string, userId: string, withdraws: boolean): Promise<void> {
    const token = auth.signUser({ userId, nickname: userId }, 3_600);
    const place = purchases.push({ productId, userId, outcome: 'unknown', withdrawn: null }) - 1;
    const { status, code } = await ask(token, 'POST', `/${productId}/participations`, {});
    const bought = status === 201;
    counts[bought ? 'bought' : 'refused'] += 1;
    purchases[place] = { productId, userId, outcome: bought ? 'bought' : { refused: code ?? '' }, withdrawn: null };
    if (!bought || !withdraws) return;
    purchases[place] = { productId, userId, outcome: 'bought', withdrawn: 'unknown' };
    await sleep(1_000);
    const gone = await withdraw(productId, token);
    if (gone === 'withdrawn') counts.withdrawn += 1;
    purchases[place] = { productId, userId, outcome: 'bought', withdrawn: gone };
  }

  async function withdraw(productId: string, token: string): Promise<'withdrawn' | { refused: string }> {
    const path = `/${productId}/participations/me`;
    const { status, code, doubted } = await ask(token, 'DELETE', path);
    if (status === 204 || (status === 404 && doubted)) return 'withdrawn';
    // The try that was lost may have been in time.
    if (doubted && (await ask(token, 'GET', path)).status === 404) return 'withdrawn';
    return { refused: code ?? '' };
  }

  return {
    purchases: purchases as readonly Purchase[],
    counts,
    /** Null: its deadline had passed before trade could take it. */
    async offer(fields: { title: string; max: number; min: number; deadlineMs: number }): Promise<Offer | null> {
      const sellerId = `seller-${counts.products}`;
      counts.products += 1;
      const { status, body } = await ask(seller(sellerId), 'POST', '', {
        title: fields.title,
        price: { amount: 23_000, currency: 'KRW' },
        minParticipants: fields.min,
        maxParticipants: fields.max,
        deadline: new Date(Date.now() + fields.deadlineMs).toISOString(),
      });
      return status === 201 ? { id: String(body.id), sellerId } : null;
    },
    /** Lets its buyers and its seller do what the plan says. */
    sell({ id, sellerId }: Offer, sale: Sale, buyers: readonly string[]): void {
      const changes = (atMs: number, change: object) =>
        begin(async () => {
          await sleep(atMs);
          const { status } = await ask(seller(sellerId), 'PATCH', `/${id}`, change);
          if (status === 200) counts.edited += 1;
        });
      sale.buyersMs.forEach((afterMs, i) => {
        begin(async () => {
          await sleep(afterMs);
          await buy(id, buyers[i]!, sale.withdrawing.includes(i));
        });
      });
      const { edit, lowersAtMs } = sale;
      if (edit) changes(edit.atMs, changeOf(edit.what, sale));
      if (lowersAtMs !== null) changes(lowersAtMs, { maxParticipants: sale.max - sale.throng });
      const end = sale.fate === 'closed' ? 'close' : sale.fate === 'full' ? null : 'cancel';
      if (end === null || sale.fate === 'deadline' || sale.fate === 'underfilled') return;
      begin(async () => {
        await sleep(sale.sellerMs);
        await ask(seller(sellerId), 'POST', `/${id}/${end}`, end === 'cancel' ? { reason: '재고 부족' } : undefined);
      });
    },
    /** Asked for something, and without an answer yet. */
    get underWay() {
      return underWay.size;
    },
    /** A request that is asked until it is answered. @param by the product's seller */
    read: async (by: string, path: string) => (await ask(seller(by), 'GET', path)).body,
  };
}

/** Refused where the product has ended, or has more buyers: that is for trade to say. */
function changeOf(what: Edit, { number, max, deadlineMs }: Sale): object {
  if (what === 'title') return { title: `감귤 상자 ${number}, 오늘만` };
  if (what === 'deadline') return { deadline: new Date(Date.now() + deadlineMs).toISOString() };
  return { maxParticipants: number % 2 === 0 ? max + 1 : Math.max(2, max - 2) };
}

export type Shop = ReturnType<typeof createShop>;
