import { AppError, type User } from '@gongu/shared';
import type { TicketStore } from './ports/ticket-store.ts';

/** Milliseconds a ticket is good for. */
const TICKET_MS = 30_000;

/** One-time tickets: a way to connect that may stand in a URL, as it is worth nothing afterwards. */
export function createTickets({ tickets, newTicket }: { tickets: TicketStore; newTicket: () => string }) {
  return {
    async issue(user: User): Promise<{ ticket: string; expiresAt: string }> {
      const ticket = newTicket();
      return { ticket, expiresAt: await tickets.issue(ticket, user, TICKET_MS) };
    },
    /** @throws AppError UNAUTHENTICATED (unknown, used or too old), TOKEN_EXPIRED (the user's token ended meanwhile) */
    async redeem(ticket: string, nowMs: number): Promise<User> {
      const user = await tickets.redeem(ticket);
      if (!user) throw new AppError('UNAUTHENTICATED', { detail: 'The ticket is unknown, used or too old' });
      if (user.expiresAtMs <= nowMs) throw new AppError('TOKEN_EXPIRED');
      return user;
    },
  };
}

export type Tickets = ReturnType<typeof createTickets>;
