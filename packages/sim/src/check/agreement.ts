import type { Message } from '@gongu/shared';
import type { Shopper } from '../shopper/shopper.ts';
import { difference, type Ledger, type Saying } from './ledger.ts';
import { replayRoom } from './room-log.ts';
import { storedOf } from './stored-messages.ts';

export interface SettleOptions {
  readonly shoppers: readonly Shopper[];
  /** Asks the store for the room's newest `seq`. */
  readonly head: () => Promise<number>;
  readonly timeoutMs: number;
}

/**
 * Waits until all that was said is answered, and every shopper who is in the room, or on the way into it, has all of it.
 *
 * @returns whether it came to that; what is missing, {@link checkAgreement} names
 */
export async function settle({ shoppers, head, timeoutMs }: SettleOptions): Promise<boolean> {
  const giveUpAt = performance.now() + timeoutMs;
  const all = (what: string, holds: (shopper: Shopper) => boolean) =>
    Promise.all(
      shoppers.map((shopper) => shopper.until(what, () => holds(shopper), Math.max(0, giveUpAt - performance.now()))),
    );
  try {
    await all('answer', ({ unanswered, place }) => unanswered === 0 || place === 'over');
    const last = await head();
    await all('messages', ({ place, lastSeq }) => !isInRoom(place) || (place === 'in' && lastSeq >= last));
    return true;
  } catch {
    return false;
  }
}

function isInRoom(place: Shopper['place']): boolean {
  return place === 'in' || place === 'away' || place === 'entering';
}

export interface AgreementOptions {
  readonly ledger: Ledger;
  readonly shoppers: readonly Shopper[];
  /** The room as the store has it: all messages since the first one that a shopper can have. */
  readonly stored: readonly Message[];
}

/**
 * Compares what was said, acknowledged, delivered and stored, after the end of the talk. Everything acknowledged is
 * stored, once, where the acknowledgement says; everything stored is with everybody, and the same; the room's rules
 * hold. What does not agree goes to the ledger's faults.
 */
export function checkAgreement({ ledger, shoppers, stored }: AgreementOptions): void {
  const { faults, rows, sayings } = ledger;
  const first = stored[0]?.seq ?? 1;
  stored.forEach(({ seq }, i) => {
    if (seq !== first + i) faults.add('lost', `the store has ${seq} in place of ${first + i}`);
  });
  const bySeq = new Map(stored.map((message) => [message.seq, message]));
  for (const [seq, row] of rows) {
    const kept = bySeq.get(seq);
    const field = kept && difference(kept, row);
    if (!kept && seq >= first) faults.add('lost', `${seq} was delivered and is not stored`);
    if (field) faults.add('changed', `${seq} is stored with another ${field} than it was delivered with`);
  }

  const head = stored.at(-1)?.seq ?? 0;
  for (const { userId, place, lastSeq } of shoppers) {
    if (place === 'in' && lastSeq !== head) faults.add('lost', `${userId}: has ${lastSeq} of ${head}`);
    if (place === 'away' || place === 'entering') faults.add('lost', `${userId}: did not come back`);
  }

  const places = new Map<string, number>();
  for (const { seq, sender, clientMessageId, content } of stored) {
    const saying = clientMessageId === null ? undefined : sayings.get(clientMessageId);
    if (!saying) continue;
    if (sender?.userId !== saying.userId || content !== saying.content) {
      faults.add('changed', `${seq} is not what ${saying.userId} said`);
    }
    const other = places.get(saying.clientMessageId);
    if (other !== undefined)
      faults.add('doubled', `${saying.userId}: what was said once is stored as ${other} and ${seq}`);
    places.set(saying.clientMessageId, seq);
  }
  for (const saying of sayings.values()) checkSaying(ledger, saying, places.get(saying.clientMessageId));
  for (const shopper of shoppers) checkOrder(ledger, shopper);
  if (first !== 1) return;
  for (const { seq, text } of replayRoom(stored.map(storedOf)).breaches) faults.add('protocol', `${seq}: ${text}`);
}

function checkSaying({ faults }: Ledger, saying: Saying, storedAs: number | undefined): void {
  const { userId, clientMessageId, ack, refused } = saying;
  if (ack && storedAs === undefined) faults.add('lost', `${userId}: ${ack.seq} was acknowledged and is not stored`);
  else if (ack && storedAs !== ack.seq) {
    faults.add('changed', `${userId}: ${ack.seq} was acknowledged for what is stored as ${storedAs}`);
  }
  if (refused && storedAs !== undefined) {
    faults.add('protocol', `${userId}: what was refused with ${refused} is stored as ${storedAs}`);
  }
  if (!ack && !refused) faults.add('lost', `${userId}: ${clientMessageId} was never answered`);
}

/** What went out once has its place in the order of saying; a second sending may have let others pass. */
function checkOrder({ faults }: Ledger, { userId, sayings }: Shopper): void {
  let last = 0;
  for (const { ack, sends } of sayings) {
    if (!ack || sends !== 1) continue;
    if (ack.seq < last) faults.add('disorder', `${userId}: ${ack.seq} was said after ${last}`);
    last = Math.max(last, ack.seq);
  }
}
