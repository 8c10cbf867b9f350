import type { Step } from '../codec.ts';
import type { Answers } from './answers.ts';
import type { Destinations, Source } from './destination.ts';
import type { StompFrame, StompVersion } from './frame.ts';
import type { Joins, Since } from './joins.ts';
import { asked, done, malformed, type Outcome, refused } from './outcome.ts';
import type { Subscription, Subscriptions } from './subscriptions.ts';

export interface SubscribeOptions {
  readonly destinations: Destinations;
  readonly subscriptions: Subscriptions;
  readonly joins: Joins;
  readonly answers: Answers;
  /** Most subscriptions of one client. */
  readonly most: number;
}

const ACK_MODES: ReadonlySet<string> = new Set(['auto', 'client', 'client-individual']);
/** Longest id and destination, so that the number of subscriptions bounds their memory. */
const NAME_CHARS = 255;
/** Most subscriptions of one client to one room: each of them gets every message, so that one costs as much as all. */
const PER_ROOM_MAX = 50;

/** SUBSCRIBE and UNSUBSCRIBE. */
export function createSubscribe({ destinations, subscriptions, joins, answers, most }: SubscribeOptions) {
  return {
    /** STOMP 1.2, SUBSCRIBE. The headers `after` and `epoch` are ours: the newest `seq` that the client has. */
    subscribe(frame: StompFrame, version: StompVersion): Outcome {
      const { headers } = frame;
      const destination = headers.get('destination');
      const id = headers.get('id') ?? null;
      const ack = headers.get('ack') ?? 'auto';
      if (!destination) return malformed('SUBSCRIBE needs a destination');
      if (id === null && version !== '1.0') return malformed('SUBSCRIBE needs an id');
      if (destination.length > NAME_CHARS || (id?.length ?? 0) > NAME_CHARS) {
        return malformed(`id and destination may have ${NAME_CHARS} characters`);
      }
      if (!ACK_MODES.has(ack)) return malformed('ack must be auto, client or client-individual');
      const known = subscriptions.find(id, destination);
      if (known && known.destination !== destination) return malformed('This id is in use for another destination');

      const source = destinations.source(destination);
      if (!source) return refused('NOT_FOUND', 'There is no such destination');
      const after = afterOf(headers.get('after'));
      if (after === undefined) {
        return refused('VALIDATION_FAILED', 'The frame is not valid', [{ path: 'after', message: 'must be a seq' }]);
      }
      if (!known && subscriptions.size >= most) {
        return refused('TOO_LARGE', `A connection may have ${most} subscriptions`);
      }
      const inRoom = source.kind === 'room' ? (subscriptions.room(source.roomId)?.subscriptions.size ?? 0) : 0;
      if (!known && inRoom >= PER_ROOM_MAX) {
        return refused('TOO_LARGE', `A connection may have ${PER_ROOM_MAX} subscriptions to one room`);
      }
      const subscription = known ?? { id, destination, source, acked: ack !== 'auto', live: false, ended: false };
      // The same SUBSCRIBE again is the client's way to recover; it stays one subscription.
      if (!known) subscriptions.add(subscription);
      const since = after === null ? null : { after, epoch: headers.get('epoch') ?? null };
      return begin(subscription, source, since, headers.get('receipt') ?? null);
    },

    /** STOMP 1.2, UNSUBSCRIBE. What is not subscribed to needs no ending: a SUBSCRIBE may have been refused. */
    unsubscribe({ headers }: StompFrame, version: StompVersion): Outcome {
      const destination = headers.get('destination');
      const id = headers.get('id') ?? null;
      if (id === null && version !== '1.0') return malformed('UNSUBSCRIBE needs the id of the subscription');
      if (id === null && !destination) return malformed('UNSUBSCRIBE needs an id or a destination');
      const byId = id === null ? undefined : subscriptions.find(id, '');
      const ending = id === null ? subscriptions.at(destination!) : byId ? [byId] : [];
      const steps: Step[] = [];
      const receipt = headers.get('receipt');
      let waits = false;
      const watched = subscriptions.watches;
      for (const each of ending) {
        steps.push(note('stomp.unsubscribe', each.destination, each.source));
        const room = subscriptions.delete(each);
        if (!room) continue;
        const ref = answers.nextRef();
        if (receipt !== undefined && !waits) {
          waits = true;
          answers.expect(ref, { kind: 'done', receipt });
        }
        steps.push({ kind: 'command', command: { type: 'unsubscribe', ref, roomId: room.roomId } });
      }
      if (watched && !subscriptions.watches) steps.push({ kind: 'watch', on: false });
      return waits ? asked(...steps) : done(...steps);
    },
  };

  function begin(subscription: Subscription, source: Source, since: Since | null, receipt: string | null): Outcome {
    const noted = note('stomp.subscribe', subscription.destination, source);
    if (source.kind !== 'room') {
      subscriptions.live(subscription);
      return source.kind === 'connections' ? done(noted, { kind: 'watch', on: true }) : done(noted);
    }
    const joining = joins.begin(subscription, since, receipt);
    if (typeof joining === 'object') return asked(noted, { kind: 'command', command: joining });
    // One who comes back to all that there is of many rooms says it all at once: it is a join a room, and nothing more.
    const free: Step = { ...noted, isFree: true };
    return joining === 'live' ? done(free) : asked(free);
  }
}

function note(name: string, destination: string, source: Source): Extract<Step, { kind: 'note' }> {
  const roomId = source.kind === 'room' ? source.roomId : null;
  return { kind: 'note', note: name, fields: { destination, roomId } };
}

/** Null: no recovery asked for; undefined: not a `seq`. */
function afterOf(header: string | undefined): number | null | undefined {
  if (header === undefined) return null;
  const seq = /^[0-9]{1,16}$/.test(header) ? Number(header) : Number.NaN;
  return Number.isSafeInteger(seq) ? seq : undefined;
}
