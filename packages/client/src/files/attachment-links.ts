import type { AttachmentLink } from '@gongu/shared';
import { type Clock, systemClock } from '../clock.ts';
import { absoluteUrl } from './absolute-url.ts';
import type { FileClient } from './file-client.ts';

/** Where files of one room's messages are. */
export interface AttachmentLinks {
  /**
   * Absolute URLs of a file, good for a minute at least; null where there is no such file any more, or the service is away.
   * Those asked for in one turn are asked for together, and kept while they are good.
   */
  get(attachmentId: string): Promise<AttachmentLink | null>;
}

/** A link that ends within so many milliseconds is asked for anew. */
const LEAST_MS = 60_000;
const MOST_AT_ONCE = 100;

/** Links to files of a room. Keep it as long as the room is shown. */
export function createAttachmentLinks(
  client: Pick<FileClient, 'request' | 'url'>,
  roomId: string,
  { clock = systemClock }: { clock?: Clock } = {},
): AttachmentLinks {
  const kept = new Map<string, { readonly untilMs: number; readonly link: Promise<AttachmentLink | null> }>();
  const waiting: { readonly id: string; readonly resolve: (link: AttachmentLink | null) => void }[] = [];

  async function ask(): Promise<void> {
    const asked = waiting.splice(0, MOST_AT_ONCE);
    if (waiting.length > 0) void ask();
    const ids = asked.map(({ id }) => id).join(',');
    const path = `/rooms/${encodeURIComponent(roomId)}/attachments?ids=${ids}`;
    const answer = await client.request<{ items: AttachmentLink[] }>('GET', path);
    const links = new Map(answer.ok ? answer.value.items.map((link) => [link.id, link]) : []);
    for (const { id, resolve } of asked) {
      const link = links.get(id);
      if (!link) kept.delete(id);
      const { thumbnailUrl } = link ?? {};
      resolve(
        link
          ? {
              ...link,
              url: absoluteUrl(client, link.url),
              ...(thumbnailUrl ? { thumbnailUrl: absoluteUrl(client, thumbnailUrl) } : {}),
            }
          : null,
      );
    }
  }

  return {
    get(id) {
      const present = kept.get(id);
      if (present && present.untilMs > clock.monotonic()) return present.link;
      const link = new Promise<AttachmentLink | null>((resolve) => {
        waiting.push({ id, resolve });
        if (waiting.length === 1) queueMicrotask(ask);
      });
      // Links last five minutes; what the answer says is by the server's clock.
      kept.set(id, { untilMs: clock.monotonic() + 5 * 60_000 - LEAST_MS, link });
      return link;
    },
  };
}
