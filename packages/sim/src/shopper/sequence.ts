import { type EventOf, LIMITS, type Message } from '@gongu/shared';
import type { Ledger } from '../check/ledger.ts';

/** What the client has to send now: `join` with what {@link Sequence.ask} returns, or `history` after `lastSeq`. */
export type Next = 'nothing' | 'join' | 'page';

/** Where a message came from: as it happened, or with `joined` and `page`. */
export type Way = 'live' | 'recovered';

export interface SequenceOptions {
  /** Whose it is, in texts of faults. */
  readonly who: string;
  readonly ledger: Ledger;
  /** Where the first join begins; null: with the newest page. */
  readonly after: number | null;
  /** Called for each message in order of `seq`, once. */
  readonly onTaken: (message: Message, way: Way) => void;
}

/** Suspicions that are kept; what is further ahead is a fault all the same. */
const SUSPECTS_MAX = 1_000;

/**
 * What one client has of a room, and whether it came as docs/protocol.md says: in order, each once, none left out. What
 * was left out is asked for again, so that one fault does not hide the next. No socket and no timer.
 */
export function createSequence({ who, ledger, after, onTaken }: SequenceOptions) {
  const { faults } = ledger;
  let lastSeq = after;
  let firstSeq: number | null = null;
  /** This connection has had its `joined`. */
  let subscribed = false;
  /** The next message must be `lastSeq + 1`. */
  let live = false;
  /** Passed over on a healthy connection; decided when the answer to the join comes. */
  const suspects = new Set<number>();
  /** While a join is under way: the newest message that came by itself; null when none can come. */
  let tail: number | null = null;
  /** The newest page, and what followed it, while the way to it is read. */
  let ahead: Message[] | null = null;

  function take(message: Message, way: Way): void {
    firstSeq ??= message.seq;
    lastSeq = message.seq;
    onTaken(message, way);
  }

  function suspect(from: number, to: number): void {
    for (let seq = from; seq <= to && suspects.size < SUSPECTS_MAX; seq++) suspects.add(seq);
  }

  /** Out of step. `newest`: what came last. */
  function askAgain(newest: number | null): Next {
    live = false;
    ahead = null;
    tail = newest;
    return 'join';
  }

  /** A join is under way, and its answer will hold this message; only its place is looked at. */
  function passing(seq: number): void {
    if (suspects.delete(seq)) faults.add('disorder', `${who}: ${seq} came after what follows it`);
    else if (tail !== null && seq <= tail) faults.add('doubled', `${who}: ${seq} came twice`);
    else if (tail !== null) suspect(tail + 1, seq - 1);
    if (tail !== null) tail = Math.max(tail, seq);
  }

  /** What did not come by itself has been left out. */
  function decideSuspects(): void {
    for (const seq of suspects) faults.add('missing', `${who}: ${seq} was left out`);
    suspects.clear();
  }

  /** A list of the server's: ascending, without holes, from `first` where that is known. */
  function checkList(messages: readonly Message[], first: number | null, what: string): void {
    let expected = first ?? messages[0]?.seq ?? 0;
    for (const message of messages) {
      if (message.seq !== expected) {
        const kind = message.seq > expected ? 'lost' : 'doubled';
        faults.add(kind, `${who}: ${what} has ${message.seq} in place of ${expected}`);
      }
      ledger.see(message, who);
      expected = message.seq + 1;
    }
  }

  function catchUp(): Next {
    const first = ahead?.[0]?.seq;
    if (first !== undefined && first > (lastSeq ?? 0) + 1) return 'page';
    for (const message of ahead ?? []) if (message.seq > (lastSeq ?? 0)) take(message, 'recovered');
    ahead = null;
    live = true;
    return 'nothing';
  }

  return {
    get firstSeq() {
      return firstSeq;
    },
    get lastSeq() {
      return lastSeq ?? 0;
    },
    get live() {
      return live;
    },

    /** A join goes out now. Returns its `after`; null for none. */
    ask(): number | null {
      if (live) askAgain(lastSeq);
      return lastSeq;
    },

    joined({ messages, lastSeq: upTo, room: { lastSeq: head }, recovered }: EventOf<'joined'>): Next {
      decideSuspects();
      subscribed = true;
      const since = lastSeq;
      const seen = Math.max(since ?? 0, tail ?? 0);
      if (head < seen) faults.add('protocol', `${who}: joined at ${head} where ${seen} is known`);
      const newest = messages.at(-1)?.seq ?? (recovered && since !== null ? since : 0);
      // What is beyond `upTo` follows as messages.
      if (newest !== upTo) faults.add('lost', `${who}: joined at ${upTo} and got messages up to ${newest}`);
      if (recovered || since === null) {
        checkList(messages, since === null ? null : since + 1, 'joined');
        for (const message of messages) if (message.seq > (lastSeq ?? 0)) take(message, 'recovered');
        lastSeq ??= upTo;
        live = true;
        return 'nothing';
      }
      if (head - since <= LIMITS.recoveryMax) {
        faults.add('protocol', `${who}: not recovered from ${since} to ${head}, which is near enough`);
      }
      checkList(messages, null, 'joined');
      ahead = [...messages];
      return catchUp();
    },

    page({ messages }: EventOf<'page'>): Next {
      if (!ahead) return 'nothing';
      const before = lastSeq ?? 0;
      checkList(messages, before + 1, 'a page');
      const until = ahead[0]?.seq ?? 0;
      for (const message of messages)
        if (message.seq > (lastSeq ?? 0) && message.seq < until) take(message, 'recovered');
      if (lastSeq === before && until > before + 1) {
        faults.add('lost', `${who}: no page brings ${before + 1} to ${until - 1}`);
        lastSeq = until - 1;
      }
      return catchUp();
    },

    message(message: Message): Next {
      ledger.see(message, who);
      const { seq } = message;
      if (!subscribed) {
        faults.add('protocol', `${who}: ${seq} came before the room was joined`);
        return 'nothing';
      }
      const newest = ahead?.at(-1)?.seq ?? lastSeq ?? 0;
      if (!live && !ahead) {
        passing(seq);
        return 'nothing';
      }
      if (seq <= newest) {
        const early = firstSeq !== null && seq < firstSeq;
        faults.add(early ? 'disorder' : 'doubled', `${who}: ${seq} came ${early ? 'late' : 'twice'}`);
        return 'nothing';
      }
      if (seq > newest + 1) {
        suspect(newest + 1, seq - 1);
        return askAgain(seq);
      }
      if (ahead) ahead.push(message);
      else take(message, 'live');
      return 'nothing';
    },

    head(seq: number): Next {
      if (!live) return 'nothing';
      const known = lastSeq ?? 0;
      if (seq < known) faults.add('protocol', `${who}: the head is ${seq} where ${known} is known`);
      if (seq <= known) return 'nothing';
      suspect(known + 1, seq);
      return askAgain(known);
    },

    resync(afterSeq: number): Next {
      if (!subscribed) faults.add('protocol', `${who}: resync before the room was joined`);
      if (!live && !ahead) return 'nothing';
      const known = ahead?.at(-1)?.seq ?? lastSeq ?? 0;
      suspect(known + 1, afterSeq);
      return askAgain(null);
    },

    /** The connection, or its share in the room, is gone; what was passed over on it stays passed over. */
    unsubscribed(): void {
      decideSuspects();
      subscribed = false;
      askAgain(null);
    },
  };
}
