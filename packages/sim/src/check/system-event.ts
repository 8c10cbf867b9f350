import type { SystemEvent } from '@gongu/shared';

/** A message of any protocol; what it says as SYSTEM, where it does. */
interface MayBeSystem {
  readonly data?: unknown;
}

/** What a message tells as SYSTEM; null for any other, and in protocols that do not show it. */
export function systemEventOf({ data }: MayBeSystem): SystemEvent | null {
  return (data ?? null) as SystemEvent | null;
}

/** Whether this message ends that user's membership. */
export function endsMembershipOf(message: MayBeSystem, userId: string): boolean {
  const told = systemEventOf(message);
  const ends = told?.event === 'participant.left' || told?.event === 'participant.removed';
  return ends && told.participant.userId === userId;
}

/** The user whose purchase this message tells; undefined for any other message. */
export function buyerOf(message: MayBeSystem): string | undefined {
  const told = systemEventOf(message);
  return told?.event === 'participant.committed' ? told.participant.userId : undefined;
}
