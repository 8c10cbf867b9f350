import { createHash } from 'node:crypto';
import { written } from '@gongu/host';
import type { User } from '@gongu/shared';
import type { TicketStore } from '../room/ports/ticket-store.ts';
import type { PrismaClient } from './generated/client.ts';

/** Tickets in PostgreSQL, as SHA-256: who reads the table can't connect with what he finds. */
export function createTicketStore({ prisma }: { prisma: PrismaClient }): TicketStore {
  const hashOf = (ticket: string) => createHash('sha256').update(ticket).digest();
  return {
    async issue(ticket, user, ttlMs) {
      // Nobody waits for another one's sweeping, nor sweeps against his order.
      const rows = await written(
        () => prisma.$queryRaw<{ expires_at: string }[]>`
        WITH old AS (SELECT hash FROM chat.tickets WHERE expires_at < clock_timestamp() FOR UPDATE SKIP LOCKED),
          swept AS (DELETE FROM chat.tickets t USING old WHERE t.hash = old.hash)
        INSERT INTO chat.tickets (hash, claims, expires_at)
        VALUES (${hashOf(ticket)}, ${JSON.stringify(user)}::jsonb, clock_timestamp() + ${ttlMs}::int * interval '1 ms')
        RETURNING chat.iso(expires_at) AS expires_at`,
      );
      return rows[0]!.expires_at;
    },

    async redeem(ticket) {
      const rows = await written(
        () => prisma.$queryRaw<{ claims: User; valid: boolean }[]>`
        DELETE FROM chat.tickets WHERE hash = ${hashOf(ticket)}
        RETURNING claims, expires_at > clock_timestamp() AS valid`,
      );
      return rows[0]?.valid ? rows[0].claims : null;
    },
  };
}
