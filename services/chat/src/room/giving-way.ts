import type { Presence } from './ports/presence.ts';

/**
 * Does what may need a place: first without a word of who is online, as most find one or need none, and then, where
 * somebody has to give way, with those who are online in the room as this instance sees it.
 */
export async function givingWay<T extends { readonly outcome: string }>(
  presence: Pick<Presence, 'view'>,
  roomId: string,
  attempt: (online: readonly string[] | null) => Promise<T>,
): Promise<Exclude<T, { readonly outcome: 'PLACE_NEEDED' }>> {
  const first = await attempt(null);
  const change = first.outcome === 'PLACE_NEEDED' ? await attempt([...(await presence.view(roomId)).users()]) : first;
  return change as Exclude<T, { readonly outcome: 'PLACE_NEEDED' }>;
}
