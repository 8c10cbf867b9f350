/** The places of a batch as two halves; null when it is a single one. */
export function halves(places: readonly number[]): (readonly number[])[] | null {
  if (places.length === 1) return null;
  return [places.slice(0, places.length >> 1), places.slice(places.length >> 1)];
}

/** Halves a batch by room, so that a locked room is waited for as few times as possible; null when it is of one room. */
export function halvesByRoom(
  items: readonly { readonly roomId: string }[],
  places: readonly number[],
): (readonly number[])[] | null {
  const rooms = [...new Set(places.map((place) => items[place]!.roomId))];
  if (rooms.length === 1) return null;
  const front = new Set(rooms.slice(0, rooms.length >> 1));
  return [
    places.filter((place) => front.has(items[place]!.roomId)),
    places.filter((place) => !front.has(items[place]!.roomId)),
  ];
}
