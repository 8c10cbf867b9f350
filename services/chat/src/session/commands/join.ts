import { AppError, FRAME_LIMITS, LIMITS, type User } from '@gongu/shared';
import type { Attached, Hub } from '../../hub/hub.ts';
import { afterCommit } from '../../room/after-commit.ts';
import type { JoinedEvent } from '../../room/event.ts';
import { isLobby, lobbyMember } from '../../room/lobby.ts';
import type { Members } from '../../room/members.ts';
import type { Presence, PresenceView } from '../../room/ports/presence.ts';
import type { StoredMessage } from '../../room/ports/stored-message.ts';
import type { Rates } from '../../room/rates.ts';
import { participantView, roomView, unreadOf } from '../../room/view.ts';
import type { Client } from '../client.ts';
import type { Leaving } from '../leaving.ts';
import type { PresenceTick } from '../presence-tick.ts';
import { type CommandOf, type EntryOf, type InTurn, refOf } from './entry.ts';

export interface JoinOptions {
  readonly hub: Pick<Hub, 'isMember' | 'knows' | 'attach' | 'detach' | 'rewind' | 'behindAt'>;
  readonly members: Pick<Members, 'join'>;
  readonly presence: Pick<Presence, 'view'>;
  readonly presenceTick: Pick<PresenceTick, 'enter'>;
  readonly leaving: Pick<Leaving, 'room'>;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly rates: Pick<Rates, 'change'>;
  /** For what is not known of a room and its members without reading. */
  readonly entering: InTurn;
}

/** `join`: a membership where there is none, and the room from here on. `follow`: the same for members only. */
export function createJoin({
  hub,
  members,
  presence,
  presenceTick,
  leaving,
  now,
  rates,
  entering,
}: JoinOptions): EntryOf<'join' | 'follow'> {
  /** Makes the user a member where he is none. The room's newest `seq` after it, or 0. */
  async function enter(client: Client, user: User, { type, roomId }: CommandOf<'join' | 'follow'>): Promise<number> {
    const known = hub.knows(roomId, user.userId);
    if (known ?? (await entering(client, () => hub.isMember(roomId, user.userId)))) return 0;
    if (type === 'follow') throw new AppError('NOT_A_MEMBER');
    // Members come back at any rate: only who is none writes rows.
    rates.change({ user, address: client.address });
    return (await members.join(user, roomId, true)).lastSeq;
  }

  async function attach(client: Client, command: CommandOf<'join' | 'follow'>, reached: number): Promise<Attached> {
    const { type, roomId, after = null } = command;
    const attached = await hub.attach(roomId, client.listener, { after, reached });
    if (type !== 'follow' || after === null || after <= attached.lastSeq) return attached;
    // The room was made anew. One who can't ask again starts over here.
    return hub.attach(roomId, client.listener, { after: null, reached });
  }

  /** The answer, as much of it as has room in a frame of this client. */
  function answer(
    client: Client,
    user: User,
    command: CommandOf<'join' | 'follow'>,
    at: Attached,
    online: PresenceView,
  ): JoinedEvent {
    const { state, lastSeq, messages, recovered, hasMore } = at;
    const lobby = isLobby(state.room);
    const me = lobby ? lobbyMember(state.room, user, now()) : state.members.get(user.userId)!;
    const first = lobby ? [me] : [...firstOf(state.members.values(), LIMITS.snapshotParticipants)];
    const bytes = recovered ? FRAME_LIMITS.recoveryBytes : FRAME_LIMITS.pageBytes;
    const maxBytes = command.type === 'join' ? Math.min(command.maxBytes ?? bytes, bytes) : bytes;
    const whole: JoinedEvent = {
      type: 'joined',
      ...refOf(command),
      roomId: command.roomId,
      room: roomView(state.room, online.count),
      you: { ...participantView(me, online), unread: unreadOf(state.room, me) },
      participants: first.map((member) => participantView(member, online)),
      messages,
      lastSeq,
      recovered,
      hasMore,
    };
    return client.cut(whole, maxBytes, recovered ? 'oldest' : 'newest');
  }

  return {
    lane: 'ordered',
    async run(client, user, command) {
      const reached = await enter(client, user, command);
      const isBehind = () => !client.asksAgain && hub.behindAt(command.roomId, client.listener) !== null;
      for (let done = false; !done && !client.over; ) {
        // What it is owed of the room, for another of its subscriptions perhaps, comes first: the join begins anew.
        while (isBehind() && !client.over) await client.resume(command.roomId);
        await client.inTurn(async () => {
          done = !isBehind();
          if (done) await listen(client, user, command, reached);
        });
      }
    },
  };

  /** Makes the client live in the room, and answers. */
  async function listen(
    client: Client,
    user: User,
    command: CommandOf<'join' | 'follow'>,
    reached: number,
  ): Promise<void> {
    const { roomId } = command;
    // One that went meanwhile has left all its rooms: nobody would take it out of this one again.
    if (client.over) return;
    const { joined } = client.rooms;
    let again = joined.has(roomId);
    joined.add(roomId);
    presenceTick.enter(roomId, user.userId, client.id);
    const online = await presence.view(roomId);
    let attached: Attached;
    let told: JoinedEvent;
    try {
      // Who has just become a member must not hear that nothing was stored.
      const attaching = attach(client, command, reached);
      attached = await (reached > 0 ? afterCommit(attaching) : attaching);
      if (client.over) return leaving.room(client, roomId);
      told = answer(client, user, command, attached, online);
      if (client.asksAgain && told.recovered && leftWithin(attached.messages, told.lastSeq, user.userId)) {
        // A client that applies these one by one would take its own leaving of then for the end, though it has come again.
        hub.detach(roomId, client.listener);
        again = false;
        attached = await attach(client, { ...command, after: null }, reached);
        if (client.over) return leaving.room(client, roomId);
        told = { ...answer(client, user, command, attached, online), hasMore: true };
      }
    } catch (error) {
      if (!again) leaving.room(client, roomId);
      throw error;
    }
    // Nothing is awaited between being live and `joined`, so no event of the room can overtake it.
    client.emit(told);
    if (told.lastSeq === attached.lastSeq) return;
    hub.rewind(roomId, client.listener, told.lastSeq);
    // Not waited for: what the client asks meanwhile is done meanwhile.
    void client.resume(roomId);
  }
}

/** Whether a user's membership ended in one of the messages after `seq`. */
function leftWithin(messages: readonly StoredMessage[], seq: number, userId: string): boolean {
  return messages.some((message) => {
    if (message.seq <= seq || message.kind !== 'SYSTEM') return false;
    const { data } = message;
    const left = data.event === 'participant.left' || data.event === 'participant.removed';
    return left && data.participant.userId === userId;
  });
}

function* firstOf<T>(items: Iterable<T>, count: number): Iterable<T> {
  let i = 0;
  for (const item of items) {
    if (i++ >= count) return;
    yield item;
  }
}
