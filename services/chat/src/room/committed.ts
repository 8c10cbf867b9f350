import { boundPage } from './page-bytes.ts';
import { userChannel } from './ports/bus.ts';
import type { Emit } from './ports/emit.ts';
import type { StoredMessage } from './ports/stored-message.ts';

/** Messages of one room that are one signal whatever they hold. */
const FEW = 8;

/**
 * Tells what was committed: messages of one or more rooms, ascending within each, and who became a member by them. Many
 * large ones are several signals: each is one text on the bus, and one turn of the event loop on every instance.
 */
export function tellCommitted(emit: Emit, stored: readonly StoredMessage[]): void {
  for (const [roomId, messages] of byRoom(stored)) {
    for (let rest: readonly StoredMessage[] = messages; rest.length > 0; ) {
      const part = rest.length <= FEW ? rest : boundPage(rest, 'oldest');
      emit({ kind: 'messages', roomId, messages: part });
      rest = part.length === rest.length ? [] : rest.slice(part.length);
    }
  }
  for (const message of stored) {
    const userId = joinedBy(message);
    if (userId !== null) emit({ kind: 'member', roomId: userChannel(userId) });
  }
}

function byRoom(stored: readonly StoredMessage[]): Map<string, StoredMessage[]> {
  const groups = new Map<string, StoredMessage[]>();
  for (const message of stored) {
    const group = groups.get(message.roomId);
    if (group) group.push(message);
    else groups.set(message.roomId, [message]);
  }
  return groups;
}

/** Who became a member by a message; null for any other. */
function joinedBy(message: StoredMessage): string | null {
  if (message.kind !== 'SYSTEM') return null;
  const { data } = message;
  const joins = data.event === 'participant.joined' || data.event === 'room.opened';
  return joins ? (data.participant?.userId ?? null) : null;
}
