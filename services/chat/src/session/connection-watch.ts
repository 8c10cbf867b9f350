import type { Presence } from '../room/ports/presence.ts';
import type { Client } from './client.ts';

/** Tells those who want to know how many sockets are connected on all instances: at once, and then at most once a tick. */
export function createConnectionWatch({
  presence,
  onFailure,
}: {
  presence: Pick<Presence, 'connections'>;
  onFailure: (error: unknown) => void;
}) {
  /** Who watches, and the number last sent to him. */
  const watching = new Map<Client, number | null>();

  async function send(): Promise<void> {
    const count = await presence.connections();
    for (const [client, sent] of watching) {
      if (sent === count || !client.user) continue;
      watching.set(client, count);
      client.emit({ type: 'connections', count });
    }
  }

  return {
    watch(client: Client, on: boolean): void {
      if (!on) {
        watching.delete(client);
        return;
      }
      watching.set(client, null);
      void send().catch(onFailure);
    },
    /** Tells what changed since the last tick. */
    async tick(): Promise<void> {
      if (watching.size > 0) await send();
    },
  };
}

export type ConnectionWatch = ReturnType<typeof createConnectionWatch>;
