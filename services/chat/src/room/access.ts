import { AppError, type User } from '@gongu/shared';
import type { MemberStore } from './ports/member-store.ts';
import type { RoomRow } from './ports/room-row.ts';

/** Who asks: a signed-in user, or the service (trade). */
export type Caller = { readonly kind: 'user'; readonly user: User } | { readonly kind: 'service' };

/** The user's id; null: the service. */
export function callerId(caller: Caller): string | null {
  return caller.kind === 'service' ? null : caller.user.userId;
}

/** Whether `caller` may what a host may, in every room. */
export function isAdmin(caller: Caller): boolean {
  return caller.kind === 'user' && !caller.user.anon && caller.user.roles.includes('admin');
}

/** @throws AppError FORBIDDEN unless the service asks. */
export function requireService(caller: Caller): void {
  if (caller.kind !== 'service') throw new AppError('FORBIDDEN', { detail: 'Only the service may do this' });
}

/** Whether `caller` may see the room's outside: anyone signed in while it is ACTIVE, else members and the service. */
export async function requireSight(caller: Caller, room: RoomRow, members: MemberStore): Promise<void> {
  if (caller.kind === 'service' || room.status === 'ACTIVE') return;
  await requireMember(caller, room.roomId, members);
}

/** @throws AppError NOT_A_MEMBER unless the service or a member asks. */
export async function requireMember(caller: Caller, roomId: string, members: MemberStore): Promise<void> {
  if (caller.kind === 'service') return;
  const found = await members.find(roomId, [caller.user.userId]);
  if (found.length === 0) throw new AppError('NOT_A_MEMBER');
}
