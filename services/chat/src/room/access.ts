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

/** Whose membership, or whose look at a room, is asked for: null, which needs none, of an admin too. */
export function readerId(caller: Caller): string | null {
  return isAdmin(caller) ? null : callerId(caller);
}

/** @throws AppError FORBIDDEN unless the service asks. */
export function requireService(caller: Caller): void {
  if (caller.kind !== 'service') throw new AppError('FORBIDDEN', { detail: 'Only the service may do this' });
}

/** @throws AppError FORBIDDEN unless an admin or the service asks. */
export function requireOperator(caller: Caller): void {
  if (caller.kind === 'service' || isAdmin(caller)) return;
  throw new AppError('FORBIDDEN', { detail: 'Only admins and the service may do this' });
}

/** Whether `caller` may see the room's outside: anyone signed in while it is ACTIVE, else members, admins and the service. */
export async function requireSight(caller: Caller, room: RoomRow, members: MemberStore): Promise<void> {
  if (room.status === 'ACTIVE') return;
  await requireMember(caller, room.roomId, members);
}

/** @throws AppError NOT_A_MEMBER, BANNED unless the service, an admin or a member asks. */
export async function requireMember(caller: Caller, roomId: string, members: MemberStore): Promise<void> {
  const userId = readerId(caller);
  if (userId === null) return;
  const found = await members.find(roomId, [userId]);
  if (found.length > 0) return;
  throw new AppError((await members.isBanned(roomId, userId)) ? 'BANNED' : 'NOT_A_MEMBER');
}
