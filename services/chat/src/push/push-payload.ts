import type { PushPayload } from '@gongu/shared';
import type { Absent } from '../room/ports/push-store.ts';

/** A push service takes 4,096 bytes, of which encryption has 103; the rest is the title's, and what JSON adds. */
const TEXT_BYTES = 2_000;

/** What a device is told, as JSON: of a text as much as has room. */
export function pushPayload({ roomId, title, unread, newest }: Absent): string {
  const payload: PushPayload = {
    type: 'unread',
    roomId,
    title,
    unread,
    ...(newest && { from: newest.from, fromUserId: newest.fromUserId, text: beginning(newest.text) }),
    ...(newest?.notice && { notice: newest.notice }),
  };
  return JSON.stringify(payload);
}

function beginning(text: string): string {
  // As JSON writes it: a control character takes six bytes there.
  if (Buffer.byteLength(JSON.stringify(text)) <= TEXT_BYTES) return text;
  let bytes = 0;
  let end = 0;
  for (const { segment, index } of new Intl.Segmenter().segment(text)) {
    bytes += Buffer.byteLength(JSON.stringify(segment)) - 2;
    if (bytes > TEXT_BYTES) break;
    end = index + segment.length;
  }
  return `${text.slice(0, end)}…`;
}
