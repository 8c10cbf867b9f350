import { AppError, LIMITS, type User } from '@gongu/shared';
import type { Attached, Hub } from '../../hub/hub.ts';
import { afterCommit } from '../../room/after-commit.ts';
import { isLobby, lobbyMember } from '../../room/lobby.ts';
import type { Members } from '../../room/members.ts';
import type { Presence, PresenceView } from '../../room/ports/presence.ts';
import type { Rates } from '../../room/rates.ts';
import { participantView, roomView, unreadOf } from '../../room/view.ts';
import type { Client } from '../client.ts';
import type { Leaving } from '../leaving.ts';
import type { PresenceTick } from '../presence-tick.ts';
import { type CommandOf, type EntryOf, refOf } from './entry.ts';

export interface JoinOptions {
  readonly hub: Pick<Hub, 'isMember' | 'attach'>;
  readonly members: Pick<Members, 'join'>;
  readonly presence: Pick<Presence, 'view'>;
  readonly presenceTick: Pick<PresenceTick, 'enter'>;
  readonly leaving: Pick<Leaving, 'room'>;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly rates: Pick<Rates, 'change'>;
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
}: JoinOptions): EntryOf<'join' | 'follow'> {
  /** Makes the user a member where he is none. The room's newest `seq` after it, or 0. */
  async function enter(client: Client, user: User, { type, roomId }: CommandOf<'join' | 'follow'>): Promise<number> {
    if (await hub.isMember(roomId, user.userId)) return 0;
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

  function tell(client: Client, user: User, command: CommandOf<'join' | 'follow'>, at: Attached, online: PresenceView) {
    const { state, lastSeq, messages, recovered, hasMore } = at;
    const lobby = isLobby(state.room);
    const me = lobby ? lobbyMember(state.room, user, now()) : state.members.get(user.userId)!;
    const first = lobby ? [me] : [...firstOf(state.members.values(), LIMITS.snapshotParticipants)];
    client.emit({
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
    });
  }

  return {
    lane: 'ordered',
    async run(client, user, command) {
      const reached = await enter(client, user, command);
      await client.inTurn(() => listen(client, user, command, reached));
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
    const again = joined.has(roomId);
    joined.add(roomId);
    presenceTick.enter(roomId, user.userId, client.id);
    const online = await presence.view(roomId);
    let attached: Attached;
    try {
      // Who has just become a member must not hear that nothing was stored.
      const attaching = attach(client, command, reached);
      attached = await (reached > 0 ? afterCommit(attaching) : attaching);
    } catch (error) {
      if (!again) leaving.room(client, roomId);
      throw error;
    }
    if (client.over) return leaving.room(client, roomId);
    // Nothing is awaited between being live and `joined`, so no event of the room can overtake it.
    tell(client, user, command, attached, online);
  }
}

function* firstOf<T>(items: Iterable<T>, count: number): Iterable<T> {
  let i = 0;
  for (const item of items) {
    if (i++ >= count) return;
    yield item;
  }
}
