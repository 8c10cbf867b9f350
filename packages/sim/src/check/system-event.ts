import type { SystemEvent } from '@gongu/shared';

/** A message of any protocol; what it says as SYSTEM, where it does. */
interface MayBeSystem {
  readonly data?: unknown;
}

/** What a message tells as SYSTEM; null for any other, and in protocols that do not show it. */
export function systemEventOf({ data }: MayBeSystem): SystemEvent | null {
  return (data ?? null) as SystemEvent | null;
}

/** The change to another message that this one tells, and the `seq` of that; null for any other message. */
export function changeIn(message: MayBeSystem) {
  const data = systemEventOf(message);
  if (data?.event !== 'message.changed') return null;
  const { change, by, seq = 0 } = data;
  return { change, by, seq: data.message?.seq ?? seq };
}

/** Whether this message tells that another one was changed. */
export function isChange(message: MayBeSystem): boolean {
  return changeIn(message) !== null;
}

/** Whether this message ends that user's membership. */
export function endsMembershipOf(message: MayBeSystem, userId: string): boolean {
  const data = systemEventOf(message);
  const ends = data?.event === 'participant.left' || data?.event === 'participant.removed';
  return ends && data.participant.userId === userId;
}

/** The user whose purchase this message tells; undefined for any other message. */
export function buyerOf(message: MayBeSystem): string | undefined {
  const data = systemEventOf(message);
  return data?.event === 'participant.committed' ? data.participant.userId : undefined;
}
