import { LIMITS, type User } from '@gongu/shared';
import type { Standing } from '../hub/hub.ts';
import type { Recovery } from '../hub/recovery.ts';
import { mutedUntil, type RoomState } from '../hub/room-state.ts';
import type { RoomCounts } from '../room/counts.ts';
import type { JoinedEvent } from '../room/event.ts';
import { isLobby, lobbyMember } from '../room/lobby.ts';
import type { Own } from '../room/ports/message-store.ts';
import type { PresenceView } from '../room/ports/presence.ts';
import { mentionsOf, participantView, roomView, unreadOf } from '../room/view.ts';

export interface JoinedParts {
  readonly ref?: string;
  readonly user: User;
  /** Who is no member: nothing is his own in the room. */
  readonly isWatcher: boolean;
  /** `own`: what of the messages is the user's own, where they don't say it. */
  readonly at: Standing & Recovery & { readonly own: Own | null };
  readonly online: PresenceView;
  readonly counts: RoomCounts;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** What a room is to a user, as `joined` says it. */
export function joinedAnswer({ ref, user, isWatcher, at, online, counts, now }: JoinedParts): JoinedEvent {
  const { state, lastSeq, messages, recovered, hasMore } = at;
  const reacted = at.own?.reacted ?? {};
  const lobby = isLobby(state.room);
  const me = isWatcher ? null : lobby ? lobbyMember(state.room, user, now()) : state.members.get(user.userId)!;
  const first = lobby && me ? [me] : [...firstOf(state.members.values(), LIMITS.snapshotParticipants)];
  return {
    type: 'joined',
    ...(ref === undefined ? {} : { ref }),
    roomId: state.room.roomId,
    room: roomView(state.room, counts),
    you: me && {
      ...participantView(me, online),
      unread: unreadOf(state.room, me),
      // Not in the lobby, where nothing is unread.
      unreadMentions: lobby ? 0 : mentionsOf(at.own?.mentions ?? [], messages, user.userId, me.lastReadSeq),
      ...mutedOf(state, user, now()),
      ...(Object.keys(reacted).length > 0 ? { reacted } : {}),
    },
    // Who they are is for people who say who they are.
    participants: isWatcher && user.anon ? [] : first.map((member) => participantView(member, online)),
    messages,
    lastSeq,
    epoch: state.room.epoch,
    recovered,
    hasMore,
  };
}

/** Of one who is muted, until when. */
function mutedOf(state: RoomState, { userId }: User, nowMs: number): { muted?: { until: string | null } } {
  const until = mutedUntil(state, userId, nowMs);
  return until === undefined ? {} : { muted: { until } };
}

function* firstOf<T>(items: Iterable<T>, count: number): Iterable<T> {
  let i = 0;
  for (const item of items) {
    if (i++ >= count) return;
    yield item;
  }
}
