import type { Overview } from '../../hub/overview/overview.ts';
import type { EntryOf } from './entry.ts';

/** The user's rooms, and from then on what becomes of them. */
export function createOverviewCommand({
  overview,
}: {
  overview: Pick<Overview, 'watch' | 'unwatch'>;
}): EntryOf<'overview'> {
  return {
    lane: 'ordered',
    async run(client) {
      await overview.watch(client.listener);
      // Gone meanwhile: nobody would take it out again.
      if (client.over) overview.unwatch(client.listener);
    },
  };
}
