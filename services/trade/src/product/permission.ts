import { AppError, type User } from '@gongu/shared';

/** @throws AppError ANONYMOUS_NOT_ALLOWED: an anonymous shopper talks, he does not trade */
export function requireAccount(user: User): void {
  if (user.anon) throw new AppError('ANONYMOUS_NOT_ALLOWED');
}

/** @param what he wants to do, for whoever is refused. @throws AppError FORBIDDEN without the role `seller` or `admin` */
export function requireSeller(user: User, what: string): void {
  requireAccount(user);
  if (!user.roles.includes('seller') && !isAdmin(user)) {
    throw new AppError('FORBIDDEN', { detail: `Only a seller may ${what}` });
  }
}

export function isAdmin(user: User): boolean {
  return !user.anon && user.roles.includes('admin');
}

/** The error of somebody who is not the product's seller. */
export function notTheSeller(): AppError {
  return new AppError('FORBIDDEN', { detail: 'Only the seller may do this' });
}
