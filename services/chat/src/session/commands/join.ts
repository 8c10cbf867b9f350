import { AppError, afterCommit, FRAME_LIMITS, type User } from '@gongu/shared';
import type { Attached, Hub } from '../../hub/hub.ts';
import type { Watching } from '../../hub/listener.ts';
import type { RoomState } from '../../hub/room-state.ts';
import { lookAt } from '../../room/counts.ts';
import type { JoinedEvent } from '../../room/event.ts';
import type { Members } from '../../room/members.ts';
import type { Messages } from '../../room/messages.ts';
import { writtenOnce } from '../../room/page-rows.ts';
import type { Own } from '../../room/ports/message-store.ts';
import type { Presence } from '../../room/ports/presence.ts';
import type { StoredMessage } from '../../room/ports/stored-message.ts';
import type { Rates } from '../../room/rates.ts';
import type { Attendances } from '../attendance.ts';
import type { Client } from '../client.ts';
import { joinedAnswer } from '../joined-answer.ts';
import type { Leaving } from '../leaving.ts';
import type { WatcherTick } from '../watcher-tick.ts';
import { type CommandOf, type EntryOf, type InTurn, refOf } from './entry.ts';

export interface JoinOptions {
  readonly hub: Pick<Hub, 'isMember' | 'knows' | 'attach' | 'detach' | 'rewind' | 'behindAt'>;
  readonly members: Pick<Members, 'join'>;
  readonly messages: Pick<Messages, 'own'>;
  readonly presence: Pick<Presence, 'view'>;
  readonly attendances: Pick<Attendances, 'of' | 'enter'>;
  readonly watcherTick: Pick<WatcherTick, 'note'>;
  readonly leaving: Pick<Leaving, 'room'>;
  /** Whether who is no member may look at a room that is ACTIVE. */
  readonly isWatchable: boolean;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly rates: Pick<Rates, 'change' | 'watch'>;
  /** For what is not known of a room and its members without reading. */
  readonly entering: InTurn;
}

type Joins = CommandOf<'join' | 'watch' | 'follow'>;

/** What of the messages is the user's own; null: nothing but what they say. */
interface OwnParts {
  readonly own: Own | null;
}

/** How one comes into a room: the newest `seq` that is known of it, or 0, and whether he only looks. */
interface Entrance {
  readonly reached: number;
  readonly watching: Watching | null;
}

/**
 * `join`: a membership where there is none, and the room from here on. `watch`: the room without one, where there is none;
 * `follow`: the same of a stream, which was let in already.
 */
export function createJoin({
  hub,
  members,
  messages,
  presence,
  attendances,
  watcherTick,
  leaving,
  isWatchable,
  now,
  rates,
  entering,
}: JoinOptions): EntryOf<'join' | 'watch' | 'follow'> {
  /** Makes the user a member where he is none and wants to be one. */
  async function enter(client: Client, user: User, { type, roomId }: Joins): Promise<Entrance> {
    const known = hub.knows(roomId, user.userId);
    const isMember = known ?? (await entering(client, () => hub.isMember(roomId, user.userId)));
    if (isMember) return { reached: 0, watching: null };
    const asker = { user, address: client.address };
    if (type === 'join') {
      // Members come back at any rate: only who is none writes rows.
      rates.change(asker);
      return { reached: (await members.join(user, roomId, true)).lastSeq, watching: null };
    }
    if (!isWatchable)
      throw type === 'watch' ? new AppError('FORBIDDEN', { detail: NOT_WATCHABLE }) : new AppError('NOT_A_MEMBER');
    // One that looks already may ask again; each other room may have to be read.
    if (type === 'watch' && attendances.of(client, roomId) === null) rates.watch(asker);
    return { reached: 0, watching: user.anon ? 'anonymous' : 'user' };
  }

  async function attach(client: Client, user: User, command: Joins, how: Entrance): Promise<Attached & OwnParts> {
    const { type, roomId, after = null, epoch = null } = command;
    let own: Own | null = null;
    const prepare = (some: readonly StoredMessage[], { room, members }: RoomState) => {
      const mark = members.get(user.userId)?.lastReadSeq ?? room.lastSeq;
      const reading = messages.own(roomId, user.userId, some, room.lastMentionSeq > mark ? mark : null);
      if (!reading) return null;
      return reading.then((found) => {
        own = found;
      });
    };
    const attached = await hub.attach(roomId, client.listener, { after, epoch, ...how, prepare });
    if (type !== 'follow' || after === null || after <= attached.lastSeq) return { ...attached, own };
    // The room was made anew. One who can't ask again starts over here.
    own = null;
    return { ...(await hub.attach(roomId, client.listener, { after: null, ...how, prepare })), own };
  }

  /** As much of the answer as has room in a frame of this client. */
  function cut(client: Client, command: Joins, whole: JoinedEvent): JoinedEvent {
    const bytes = whole.recovered ? FRAME_LIMITS.recoveryBytes : FRAME_LIMITS.pageBytes;
    const maxBytes = command.type === 'follow' ? bytes : Math.min(command.maxBytes ?? bytes, bytes);
    const part = client.cut(whole, maxBytes, whole.recovered ? 'oldest' : 'newest');
    const messages = writtenOnce(part.messages);
    return messages === part.messages ? part : { ...part, messages };
  }

  return {
    lane: 'ordered',
    async run(client, user, command) {
      const how = await enter(client, user, command);
      const isBehind = () => !client.asksAgain && hub.behindAt(command.roomId, client.listener) !== null;
      for (let done = false; !done && !client.over; ) {
        // What it is owed of the room, for another of its subscriptions perhaps, comes first: the join begins anew.
        while (isBehind() && !client.over) await client.resume(command.roomId);
        await client.inTurn(async () => {
          done = !isBehind();
          if (done) await listen(client, user, command, how);
        });
      }
    },
  };

  /** Makes the client live in the room, and answers. */
  async function listen(client: Client, user: User, command: Joins, how: Entrance): Promise<void> {
    const { roomId } = command;
    // One that went meanwhile has left all its rooms: nobody would take it out of this one again.
    if (client.over) return;
    const before = attendances.of(client, roomId);
    let again = before !== null;
    attendances.enter(client, user, roomId, how.watching ? 'watcher' : 'member');
    const { online, counts } = await lookAt(presence, roomId);
    const answer = (at: Attached & OwnParts) =>
      cut(
        client,
        command,
        joinedAnswer({ ...refOf(command), user, isWatcher: at.watching !== null, at, online, counts, now }),
      );
    let attached: Attached & OwnParts;
    let told: JoinedEvent;
    try {
      // Who has just become a member must not hear that nothing was stored.
      const attaching = attach(client, user, command, how);
      attached = await (how.reached > 0 ? afterCommit(attaching) : attaching);
      if (client.over) return leaving.room(client, roomId);
      // He may have become a member meanwhile.
      attendances.enter(client, user, roomId, attached.watching ? 'watcher' : 'member');
      told = answer(attached);
      if (client.asksAgain && told.recovered && leftWithin(attached.messages, told.lastSeq, user.userId)) {
        // A client that applies these one by one would take its own leaving of then for the end, though it has come again.
        hub.detach(roomId, client.listener);
        again = false;
        attached = await attach(client, user, { ...command, after: null }, how);
        if (client.over) return leaving.room(client, roomId);
        told = { ...answer(attached), hasMore: true };
      }
    } catch (error) {
      if (!again) leaving.room(client, roomId);
      // What it was in the room it is still.
      else if (before) attendances.enter(client, user, roomId, before);
      throw error;
    }
    // Nothing is awaited between being live and `joined`, so no event of the room can overtake it.
    client.emit(told);
    if (counts.watchers > 0) watcherTick.note(roomId);
    if (told.lastSeq === attached.lastSeq) return;
    hub.rewind(roomId, client.listener, told.lastSeq);
    // Not waited for: what the client asks meanwhile is done meanwhile.
    void client.resume(roomId);
  }
}

const NOT_WATCHABLE = 'Rooms can not be watched here: join them';

/** Whether a user's membership ended in one of the messages after `seq`. */
function leftWithin(messages: readonly StoredMessage[], seq: number, userId: string): boolean {
  return messages.some((message) => {
    if (message.seq <= seq || message.kind !== 'SYSTEM') return false;
    const { data } = message;
    const left = data.event === 'participant.left' || data.event === 'participant.removed';
    return left && data.participant.userId === userId;
  });
}
