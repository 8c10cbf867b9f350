import { type ChatEvent, type JoinedEvent, wireMessage } from '../../room/event.ts';
import type { StoredMessage } from '../../room/ports/stored-message.ts';
import type { RoomTopic } from './destination.ts';
import type { StompVersion } from './frame.ts';
import type { Addressed, StompRender } from './render.ts';

/** One SUBSCRIBE of a client. */
export interface Subscription extends Addressed {
  /** Gets what happens: at once, or once the room was joined. */
  live: boolean;
  /** The client has taken it back. */
  ended: boolean;
}

/** A room as far as this client's subscriptions go. */
export interface SubscribedRoom {
  readonly roomId: string;
  readonly subscriptions: Set<Subscription>;
  /** The socket listens to the room. */
  joined: boolean;
  /** A recovery that was not told in one piece; kept when it is over, since a portion may have to be told again. */
  recovering: Recovering | null;
}

/** What follows a join, up to the message that was the room's newest then: for the one who asked only. */
export interface Recovering {
  readonly to: Subscription;
  readonly upToSeq: number;
  readonly epoch: string;
  /** Owed after the last one. */
  readonly receipt: string | null;
}

/** A client's subscriptions: by their ids, and by the rooms they need. */
export function createSubscriptions() {
  const all = new Map<string, Subscription>();
  const rooms = new Map<string, SubscribedRoom>();
  const keys = new Map<string, string>();

  /** 1.0 clients may leave out the id; then the destination is what UNSUBSCRIBE names. */
  const keyOf = (id: string | null, destination: string) => (id === null ? `d${destination}` : `i${id}`);

  function* liveOf(kind: 'errors' | 'connections'): Generator<Subscription, undefined> {
    for (const each of all.values()) if (each.source.kind === kind && each.live) yield each;
    return undefined;
  }

  function* liveIn(roomId: string, topic: RoomTopic): Iterable<Subscription> {
    for (const each of rooms.get(roomId)?.subscriptions ?? []) {
      if (each.live && each.source.kind === 'room' && each.source.topic === topic) yield each;
    }
  }

  /** A message of before the room's join that follows it; null for any other. All but the one who asked have it. */
  function recovered(message: StoredMessage, render: StompRender): string[] | null {
    const recovering = rooms.get(message.roomId)?.recovering;
    if (!recovering || message.seq > recovering.upToSeq) return null;
    const { to, upToSeq, epoch, receipt } = recovering;
    const texts = to.ended ? [] : chats([to], [message], render, { recovered: true, epoch });
    return message.seq === upToSeq && receipt !== null ? [...texts, render.receipt(receipt)] : texts;
  }

  return {
    get size(): number {
      return all.size;
    },
    find: (id: string | null, destination: string): Subscription | undefined => all.get(keyOf(id, destination)),
    /** Those of a destination, whatever their ids: 1.0 ends them all by naming it. */
    at: (destination: string): Subscription[] => [...all.values()].filter((each) => each.destination === destination),
    room: (roomId: string): SubscribedRoom | undefined => rooms.get(roomId),
    /** The subscription that errors go to; undefined when the client has none. */
    errors: (): Subscription | undefined => liveOf('errors').next().value,
    get watches(): boolean {
      return !liveOf('connections').next().done;
    },

    add(subscription: Subscription): void {
      const { id, destination, source } = subscription;
      all.set(keyOf(id, destination), subscription);
      keys.clear();
      if (source.kind !== 'room') return;
      const room = rooms.get(source.roomId) ?? {
        roomId: source.roomId,
        subscriptions: new Set(),
        joined: false,
        recovering: null,
      };
      room.subscriptions.add(subscription);
      rooms.set(source.roomId, room);
    },

    /** Takes it back; the room that nothing subscribes to any more, if there is one. */
    delete(subscription: Subscription): SubscribedRoom | null {
      const { id, destination, source } = subscription;
      if (subscription.ended) return null;
      subscription.live = false;
      subscription.ended = true;
      all.delete(keyOf(id, destination));
      keys.clear();
      const room = source.kind === 'room' ? rooms.get(source.roomId) : undefined;
      if (!room?.subscriptions.delete(subscription) || room.subscriptions.size > 0) return null;
      rooms.delete(room.roomId);
      return room;
    },

    live(subscription: Subscription): void {
      if (subscription.ended) return;
      subscription.live = true;
      keys.clear();
    },

    /** Everything about a room's live subscriptions that shows in a MESSAGE. `entry` is no room: it is the connections. */
    key(roomId: string, version: StompVersion | null): string {
      const known = keys.get(roomId);
      if (known !== undefined) return known;
      const own = roomId === 'entry' ? liveOf('connections') : (rooms.get(roomId)?.subscriptions ?? []);
      const parts = [...own].filter((each) => each.live).map(({ id, destination, acked }) => [id, destination, acked]);
      // One text for all calls: comparing it with itself is free.
      const key = JSON.stringify([version, ...parts]);
      keys.set(roomId, key);
      return key;
    },

    /** What happened, as MESSAGEs: one for each subscription that it concerns. */
    messages(event: ChatEvent, render: StompRender): string[] {
      switch (event.type) {
        case 'message':
          return (
            recovered(event.message, render) ??
            chats([...liveIn(event.message.roomId, 'messages')], [event.message], render)
          );
        case 'read':
          return [...liveIn(event.roomId, 'read')].map((to) => render.read(to, event));
        case 'typing':
          return [...liveIn(event.roomId, 'typing')].map((to) => render.typing(to, event));
        case 'participants':
          return [...liveIn(event.roomId, 'participants')].map((to) => render.participants(to, event));
        case 'status':
          return [...liveIn(event.roomId, 'status')].map((to) => render.status(to, event.room));
        case 'connections':
          return [...liveOf('connections')].map((to) => render.connections(to, event.count));
        default:
          return [];
      }
    },
  };
}

export type Subscriptions = ReturnType<typeof createSubscriptions>;

/** Each message for each subscription. `recovered` as in `StompRender.chat`. */
export function chats(
  to: readonly Subscription[],
  messages: readonly StoredMessage[],
  render: StompRender,
  of?: Pick<JoinedEvent, 'recovered' | 'epoch'>,
): string[] {
  if (to.length === 0) return [];
  return messages.flatMap((message) => {
    const json = JSON.stringify(wireMessage(message));
    return to.map((each) => render.chat(each, message, json, of));
  });
}
