/** `messageId` is `roomId:seq`. */
export function messageId(roomId: string, seq: number): string {
  return `${roomId}:${seq}`;
}

/** The parts of a `messageId`, or null when the text is none. */
export function parseMessageId(id: string): { roomId: string; seq: number } | null {
  const match = /^([A-Za-z0-9_-]{1,64}):([1-9][0-9]{0,15})$/.exec(id);
  if (!match) return null;
  const seq = Number(match[2]);
  return Number.isSafeInteger(seq) ? { roomId: match[1]!, seq } : null;
}
