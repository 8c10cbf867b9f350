import type { User } from '@gongu/shared';
import { expect, it } from 'vitest';
import { createTickets } from '../../src/room/tickets.ts';

const user: User = { userId: 'ann', nickname: 'ann', tag: null, roles: [], anon: false, expiresAtMs: 10_000 };

function given() {
  const kept = new Map<string, { user: User; ttlMs: number }>();
  let made = 0;
  const tickets = createTickets({
    newTicket: () => `ticket-${++made}`,
    tickets: {
      async issue(ticket, owner, ttlMs) {
        kept.set(ticket, { user: owner, ttlMs });
        return 'then';
      },
      async redeem(ticket) {
        const found = kept.get(ticket)?.user ?? null;
        kept.delete(ticket);
        return found;
      },
    },
  });
  return { tickets, kept };
}

it('a ticket is good for 30 seconds and names its user once', async () => {
  const { tickets, kept } = given();
  expect(await tickets.issue(user)).toEqual({ ticket: 'ticket-1', expiresAt: 'then' });
  expect(kept.get('ticket-1')).toEqual({ user, ttlMs: 30_000 });
  expect(await tickets.redeem('ticket-1', 9_999)).toEqual(user);
  await expect(tickets.redeem('ticket-1', 9_999)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  await expect(tickets.redeem('never', 0)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
});

it('a ticket does not outlive the token it was issued for', async () => {
  const { tickets } = given();
  const { ticket } = await tickets.issue(user);
  await expect(tickets.redeem(ticket, 10_000)).rejects.toMatchObject({ code: 'TOKEN_EXPIRED' });
});
