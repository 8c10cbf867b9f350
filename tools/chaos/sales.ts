import { createRandom, LOBBY, type Participant, type Random } from '@gongu/sim';
import type { Commotion } from './commotion.ts';
import type { Crowd } from './crowd.ts';
import type { Sale } from './plan/schedule.ts';
import type { Offer, Shop } from './shop.ts';

export interface SalesOptions {
  readonly shop: Shop;
  readonly crowd: Crowd;
  readonly commotion: Commotion;
  /** Products that were offered; new ones are added. */
  readonly offers: Offer[];
  readonly seed: number;
  /** Visitors go when their sale is long over; else they stay to the end. */
  readonly lingers: boolean;
  readonly say: (text: string) => void;
}

/** How long visitors stay after they came. */
const STAY_MS = 35_000;

/** Where products are on sale: buyers and guests come into their rooms, talk, and go. */
export function createSales({ shop, crowd, commotion, offers, seed, lingers, say }: SalesOptions) {
  const timers = new Set<NodeJS.Timeout>();
  let visitors = 0;
  let isQuiet = false;

  function later(ms: number, work: () => void): void {
    const timer = setTimeout(() => {
      timers.delete(timer);
      if (!isQuiet) work();
    }, ms);
    timers.add(timer);
  }

  async function hold(sale: Sale): Promise<void> {
    const random = createRandom(seed).fork(`hall ${sale.number}`);
    const first = visitors;
    const all = sale.buyersMs.length + sale.guests;
    visitors += all;
    const { fate, max, min, deadlineMs, number } = sale;
    const offer = await shop.offer({ title: `감귤 상자 ${number}`, max, min, deadlineMs });
    if (!offer || isQuiet) {
      if (offer) offers.push(offer);
      return;
    }
    offers.push(offer);
    const names = Array.from({ length: all }, (_, i) => first + i);
    say(`product ${number} (${fate}): ${sale.buyersMs.length} buyers for ${max} places, ${sale.guests} guests`);
    shop.sell(
      offer,
      sale,
      names.slice(0, sale.buyersMs.length).map((i) => `visitor-${i}`),
    );
    sale.passersBy.forEach(({ atMs, forMs }, i) => {
      later(atMs, () => {
        crowd.passerBy(offer.id, forMs);
        if (i === 0) crowd.passerBy(LOBBY, forMs);
      });
    });
    const { removesAtMs, restlessAtMs, throng, quiet, nobodies } = sale;
    for (let i = 0; i < nobodies; i++) commotion.nobody(offer);
    if (removesAtMs !== null) later(removesAtMs, () => commotion.removes(offer, `pest-${number}`));
    if (restlessAtMs !== null) later(restlessAtMs, () => commotion.restless(offer, `restless-${number}`));
    commotion.throng(
      offer,
      Array.from({ length: throng + quiet }, (_, i) => `throng-${number}-${i}`),
    );
    for (const i of names) {
      later(random.between(0, 2_500), () => {
        const visitor = crowd.visitor(i, offer.id);
        chat(visitor, random.fork(`talk ${i}`));
        if (lingers) later(STAY_MS, () => visitor.leave());
      });
    }
  }

  function chat(visitor: Participant, random: Random): void {
    later(random.between(500, 3_500), () => {
      visitor.say(random.between(4, 80));
      chat(visitor, random);
    });
  }

  return {
    open(sale: Sale): void {
      hold(sale).catch((error) => say(`product ${sale.number}: ${error}`));
    },
    /** Nobody comes any more, and nobody talks. */
    quiet(): void {
      isQuiet = true;
      for (const timer of timers) clearTimeout(timer);
    },
  };
}
