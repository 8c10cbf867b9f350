import type { Presence } from '../room/ports/presence.ts';
import type { Session } from './session.ts';

/** Tells those who want to know how many sockets are connected on all instances: at once, and then at most once a beat. */
export function createConnectionWatch({
  presence,
  failed,
}: {
  presence: Pick<Presence, 'connections'>;
  failed: (error: unknown) => void;
}) {
  /** Who watches, and the number last told. */
  const watching = new Map<Session, number | null>();

  async function tell(): Promise<void> {
    const count = await presence.connections();
    for (const [session, told] of watching) {
      if (told === count || !session.user) continue;
      watching.set(session, count);
      session.emit({ type: 'connections', count });
    }
  }

  return {
    watch(session: Session, on: boolean): void {
      if (!on) {
        watching.delete(session);
        return;
      }
      watching.set(session, null);
      void tell().catch(failed);
    },
    /** Tells what changed since the last beat. */
    async beat(): Promise<void> {
      if (watching.size > 0) await tell();
    },
  };
}

export type ConnectionWatch = ReturnType<typeof createConnectionWatch>;
