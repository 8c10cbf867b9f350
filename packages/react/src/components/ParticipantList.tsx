import type { Participant, RoomInfo } from '@gongu/client';
import type { ReactNode } from 'react';
import { useChatClient } from '../chat/chat-context.ts';
import { useChoices } from '../chat/useChoices.ts';
import { useToolStrings } from '../chat/useToolStrings.ts';
import { nameOf } from '../strings/name-of.ts';

export interface ParticipantListProps {
  readonly participants: readonly Participant[];
  readonly room: RoomInfo | null;
  /** The own user's id. */
  readonly me: string | null;
  /** Loads those that are not there yet; offered where the room has more. */
  readonly onLoadAll?: () => void;
  /** What can be done with one of them. */
  readonly actionsOf?: (participant: Participant) => ReactNode;
}

const ORDER = { HOST: 0, BUYER: 1, GUEST: 2 } as const;

/** Who is in a room: the seller, then buyers, then guests. */
export function ParticipantList({ participants, room, me, onLoadAll, actionsOf }: ParticipantListProps) {
  const strings = useToolStrings();
  const client = useChatClient();
  const { ignored } = useChoices();
  const roles = { HOST: strings.host, BUYER: strings.buyer, GUEST: strings.guest };
  const sorted = [...participants].sort((a, b) => ORDER[a.role] - ORDER[b.role]);
  // `participantCount` leaves the host out.
  const hasMore = room !== null && participants.length < room.participantCount;
  return (
    <section className="gongu-people" aria-label={strings.participants}>
      {room && (
        <p className="gongu-counts">
          {[
            strings.participantsOf(room.participantCount, room.maxParticipants),
            strings.online(room.onlineCount),
            ...(room.watcherCount > 0 ? [strings.watchers(room.watcherCount)] : []),
          ].join(' · ')}
        </p>
      )}
      <ul>
        {sorted.map((participant) => (
          <li key={participant.userId} data-online={participant.online}>
            <span className="gongu-dot" aria-hidden="true" />
            <bdi className="gongu-person">{nameOf(participant)}</bdi>
            {participant.userId === me && <span className="gongu-you">({strings.you})</span>}
            <span className="gongu-role" data-role={participant.role}>
              {roles[participant.role]}
            </span>
            {ignored.includes(participant.userId) && (
              <button type="button" onClick={() => client.choices.ignore(participant.userId, false)}>
                {strings.stopIgnoring(nameOf(participant))}
              </button>
            )}
            {participant.online && <span className="gongu-hidden">{strings.isOnline}</span>}
            {actionsOf?.(participant)}
          </li>
        ))}
      </ul>
      {hasMore && onLoadAll && (
        <button type="button" onClick={onLoadAll}>
          {strings.showAll}
        </button>
      )}
    </section>
  );
}
