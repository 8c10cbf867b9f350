import { createRandom, type Random } from '@gongu/sim';
import { type Breakable, busyMs, drawFault, type Fault, type FaultKind, faultKinds, targetOf } from './faults.ts';

/** How the sale of a product ends. `crowded`: more guests than places come into its room, and its seller cancels it. */
export const FATES = ['full', 'deadline', 'underfilled', 'cancelled', 'closed', 'crowded'] as const;
export type Fate = (typeof FATES)[number];

/** `cap`: one more place, or two fewer, where trade allows it. */
export const EDITS = ['title', 'deadline', 'cap'] as const;
export type Edit = (typeof EDITS)[number];

/** A product that is sold during the run, with a room of its own. */
export interface Sale {
  readonly number: number;
  readonly fate: Fate;
  readonly max: number;
  readonly min: number;
  /** From its creation. */
  readonly deadlineMs: number;
  /** From its creation: when its seller ends it, where he does. */
  readonly sellerMs: number;
  /** Milliseconds from its creation until each buyer tries to buy. */
  readonly buyersMs: readonly number[];
  /** Buyers who withdraw a second after they have bought. */
  readonly withdrawing: readonly number[];
  /** What its seller changes while it is sold, and how long after its creation; null: nothing. */
  readonly edit: { readonly atMs: number; readonly what: Edit } | null;
  /** Guests who come to look and to talk, beside the buyers. */
  readonly guests: number;
  /** When each of those comes who have no token, and for how long he stays; milliseconds from its creation. */
  readonly passersBy: readonly { readonly atMs: number; readonly forMs: number }[];
  /** When its seller sends a guest away, who tries to come back; null: never. */
  readonly removesAtMs: number | null;
  /** When somebody begins to come and go more often than he may; null: nobody does. */
  readonly restlessAtMs: number | null;
  /** Guests who come by HTTP and say nothing: more than the end of a room takes in one portion, or none. */
  readonly throng: number;
  /** When its seller lowers the cap by the whole throng; null: never. */
  readonly lowersAtMs: number | null;
  /** Others who come by HTTP and say nothing, so that they surely are offline where a place is needed. */
  readonly quiet: number;
  /** The same without an account. */
  readonly nobodies: number;
}

export type Step = { readonly atMs: number } & (
  | {
      readonly kind: 'talk';
      readonly client: number;
      readonly characters: number;
      /** Clients whom it mentions, of whichever room. */
      readonly mentions: readonly number[];
    }
  | {
      readonly kind: 'change';
      readonly client: number;
      /**
       * `hosted`: the host deletes it; `pinned`: he pins it, or takes that back. So with reactions and mutes; `banned` and `shared`: another one comes into the client's room for it.
       */
      readonly what: 'edited' | 'deleted' | 'hosted' | 'reacted' | 'pinned' | 'muted' | 'banned' | 'shared';
      /** From 0 to below 1: which of the client's messages. */
      readonly which: number;
    }
  | { readonly kind: 'fault'; readonly fault: Fault }
  | { readonly kind: 'sale'; readonly sale: Sale }
);

export interface ScheduleOptions extends Breakable {
  readonly seed: number;
  readonly durationMs: number;
  /** Messages a second, of all together. */
  readonly rate: number;
  /** Milliseconds between two faults, on average. */
  readonly faultEveryMs: number;
  readonly saleEveryMs: number;
}

/** More than one portion of those who leave a closed room (250), and how long they have to come in. */
const THRONG = 280;
const THRONG_MS = 8_000;

/** The calm before the first fault, and after the last one begins. */
const CALM_MS = 1_500;

/** The share of messages that mention somebody. */
const MENTIONING = 0.3;

/** There has to be something to change; and of so many messages one is, about. */
const CHANGES_FROM_MS = 3_000;
const CHANGE_EVERY = 5;
const OTHERS_EVERY_MS = 900;

/** What happens when: a function of its options alone, in order of time. */
export function schedule(options: ScheduleOptions): Step[] {
  const random = createRandom(options.seed);
  return [
    ...talk(options, random.fork('talk')),
    ...changes(options, random.fork('changes')),
    ...others(options, random.fork('others')),
    ...faults(options, random.fork('faults')),
    ...sales(options, random.fork('sales')),
  ].sort((one, other) => one.atMs - other.atMs);
}

function talk({ durationMs, rate, clients }: ScheduleOptions, random: Random): Step[] {
  const steps: Step[] = [];
  const naming = random.fork('mentions');
  for (let atMs = 0; atMs < durationMs; atMs += Math.round((2_000 / rate) * random.next())) {
    const client = random.between(0, clients - 1);
    // One in fifty long, so that slow readers have something to be slow with.
    const characters = random.chance(0.02) ? random.between(2_000, 3_900) : random.between(4, 120);
    const names = naming.chance(MENTIONING) ? naming.between(1, 3) : 0;
    const mentions = Array.from({ length: names }, () => naming.between(0, clients - 1));
    steps.push({ atMs, kind: 'talk', client, characters, mentions: [...new Set(mentions)] });
  }
  return steps;
}

function changes({ durationMs, rate, clients }: ScheduleOptions, random: Random): Step[] {
  const steps: Step[] = [];
  for (
    let atMs = CHANGES_FROM_MS;
    atMs < durationMs;
    atMs += Math.round((2_000 / rate) * CHANGE_EVERY * random.next())
  ) {
    const what = random.chance(0.5)
      ? 'edited'
      : random.chance(0.5)
        ? random.pick(['reacted', 'reacted', 'pinned'] as const)
        : random.chance(0.7)
          ? 'deleted'
          : 'hosted';
    steps.push({ atMs, kind: 'change', client: random.between(0, clients - 1), what, which: random.next() });
  }
  return steps;
}

/** Mutes, bans and files. */
function others({ durationMs, clients }: ScheduleOptions, random: Random): Step[] {
  const steps: Step[] = [];
  for (let atMs = CHANGES_FROM_MS; atMs < durationMs; atMs += Math.round(2 * OTHERS_EVERY_MS * random.next())) {
    const what = random.pick(['muted', 'muted', 'banned', 'shared'] as const);
    steps.push({ atMs, kind: 'change', client: random.between(0, clients - 1), what, which: random.next() });
  }
  return steps;
}

function faults(options: ScheduleOptions, random: Random): Step[] {
  const { durationMs, faultEveryMs } = options;
  const busyUntil = new Map<string, number>();
  const steps: Step[] = [];
  let deck: FaultKind[] = [];
  for (let atMs = CALM_MS; atMs < durationMs - CALM_MS; ) {
    if (deck.length === 0) deck = random.shuffle(faultKinds(options));
    const fault = drawFault(deck.shift()!, options, random);
    const target = targetOf(fault);
    if (target === null || (busyUntil.get(target) ?? 0) <= atMs) {
      steps.push({ atMs, kind: 'fault', fault });
      if (target !== null) busyUntil.set(target, atMs + busyMs(fault));
    }
    atMs += Math.round(faultEveryMs * (0.5 + random.next()));
  }
  return steps;
}

function sales({ durationMs, saleEveryMs }: ScheduleOptions, random: Random): Step[] {
  const steps: Step[] = [];
  let deck: Fate[] = [];
  for (let atMs = 0, number = 0; atMs < durationMs; number++) {
    if (deck.length === 0) deck = random.shuffle(FATES);
    steps.push({ atMs, kind: 'sale', sale: drawSale(number, deck.shift()!, random) });
    atMs += Math.round(saleEveryMs * (0.5 + random.next()));
  }
  return steps;
}

function drawSale(number: number, fate: Fate, random: Random): Sale {
  // Of a fork, so that what is drawn here changes nothing else.
  const more = random.fork(`more of ${number}`);
  const throng = fate === 'closed' ? THRONG : 0;
  const places = random.between(3, 6);
  const max = places + throng;
  const min = fate === 'underfilled' ? 3 : fate === 'closed' ? 1 : random.between(1, 2);
  const contending = fate === 'full' ? places + random.between(2, 5) : fate === 'underfilled' ? 1 : 3;
  const buyers = Math.min(contending, fate === 'full' ? 12 : max);
  const ends = fate === 'deadline' || fate === 'underfilled';
  return {
    number,
    fate,
    max,
    min,
    deadlineMs: ends ? random.between(5_000, 12_000) : 3_600_000,
    sellerMs: random.between(4_000, 9_000) + (throng > 0 ? THRONG_MS : 0),
    buyersMs: Array.from({ length: buyers }, () => random.between(0, 4_000)),
    withdrawing: fate === 'closed' || random.chance(0.7) ? [] : [0],
    edit: random.chance(0.6) ? { atMs: random.between(500, 6_000), what: random.pick(EDITS) } : null,
    guests: fate === 'crowded' ? places + random.between(2, 4) : random.between(1, 3),
    passersBy: Array.from({ length: more.between(1, 5) }, () => ({
      ...{ atMs: more.between(0, 5_000), forMs: more.between(1_000, 12_000) },
    })),
    removesAtMs: more.chance(0.5) ? more.between(0, 3_000) : null,
    restlessAtMs: more.chance(0.4) ? more.between(0, 3_000) : null,
    throng,
    lowersAtMs: throng > 0 && more.chance(0.7) ? more.between(THRONG_MS - 2_000, THRONG_MS + 2_000) : null,
    quiet: more.between(0, 2),
    nobodies: more.between(0, 2),
  };
}
