import type { AttachmentLink } from '@gongu/shared';
import { failure, type Result, success } from '../chat-error.ts';
import { type Clock, systemClock } from '../clock.ts';
import { absoluteUrl } from './absolute-url.ts';
import type { FileClient } from './file-client.ts';

/** Where files of one room's messages are. */
export interface AttachmentLinks {
  /**
   * Absolute URLs of a file, good for a minute at least; `NOT_FOUND`: there is no such file any more. Any other error says
   * nothing of the file. Those asked for in one turn are asked for together, and kept while they are good. Never rejects.
   *
   * `isAnew`: the link that is kept is of no use, since the file did not come from there.
   */
  get(attachmentId: string, options?: { readonly isAnew?: boolean }): Promise<Result<AttachmentLink>>;
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
  const kept = new Map<string, { readonly untilMs: number; readonly link: Promise<Result<AttachmentLink>> }>();
  const waiting: { readonly id: string; readonly resolve: (link: Result<AttachmentLink>) => void }[] = [];

  async function ask(): Promise<void> {
    const asked = waiting.splice(0, MOST_AT_ONCE);
    if (waiting.length > 0) void ask();
    const ids = asked.map(({ id }) => id).join(',');
    const path = `/rooms/${encodeURIComponent(roomId)}/attachments?ids=${ids}`;
    const answer = await client.request<{ items: AttachmentLink[] }>('GET', path);
    const links = new Map(answer.ok ? answer.value.items.map((link) => [link.id, absolute(link)]) : []);
    for (const { id, resolve } of asked) {
      const link = links.get(id);
      if (!link) kept.delete(id);
      resolve(link ? success(link) : answer.ok ? failure('NOT_FOUND', 'There is no such file any more') : answer);
    }
  }

  function absolute(link: AttachmentLink): AttachmentLink {
    const { url, thumbnailUrl } = link;
    const small = thumbnailUrl ? { thumbnailUrl: absoluteUrl(client, thumbnailUrl) } : {};
    return { ...link, url: absoluteUrl(client, url), ...small };
  }

  return {
    get(id, { isAnew = false } = {}) {
      const present = kept.get(id);
      if (!isAnew && present && present.untilMs > clock.monotonic()) return present.link;
      const link = new Promise<Result<AttachmentLink>>((resolve) => {
        waiting.push({ id, resolve });
        if (waiting.length === 1) queueMicrotask(ask);
      });
      // Links last five minutes; what the answer says is by the server's clock.
      kept.set(id, { untilMs: clock.monotonic() + 5 * 60_000 - LEAST_MS, link });
      return link;
    },
  };
}
