import type { User } from '@gongu/shared';
import type { RestrictionStore } from './ports/restriction-store.ts';

/** Milliseconds after which an admin is noted anew. */
const NOTED_MS = 3_600_000;

export interface AdminsOptions {
  readonly restrictions: Pick<RestrictionStore, 'noteAdmin'>;
  /** Milliseconds, of any origin, that never go back. */
  readonly now: () => number;
  readonly onFailure: (error: unknown) => void;
}

/** Remembers who has the role `admin`, which only their tokens say. */
export function createAdmins({ restrictions, now, onFailure }: AdminsOptions) {
  const noted = new Map<string, number>();

  return {
    /** Looks at who has signed in. Never rejects: what can't be noted now is noted the next time. */
    async note({ userId, roles, anon }: User): Promise<void> {
      if (anon || !roles.includes('admin')) return;
      const at = now();
      const before = noted.get(userId);
      if (before !== undefined && at - before < NOTED_MS) return;
      noted.set(userId, at);
      try {
        await restrictions.noteAdmin(userId);
      } catch (error) {
        noted.delete(userId);
        onFailure(error);
      }
    },
  };
}

export type Admins = ReturnType<typeof createAdmins>;
