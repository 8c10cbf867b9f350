import { createHash } from 'node:crypto';
import type { Change, SharedFile } from '@gongu/sim';
import type { Asking } from './asking.ts';

export interface SharingOptions {
  readonly asking: Asking;
  readonly chatUrl: string;
}

interface Announced {
  readonly uploadId: string;
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string>;
}

const PUT_MS = 6_000;

/** People who come into a room, show a file in it by HTTP, and take it back now and then. */
export function createSharing({ asking, chatUrl }: SharingOptions) {
  const sharedFiles: SharedFile[] = [];
  const deletions: Change[] = [];
  const people: string[] = [];

  /** Null: nobody knows whether it is there, or it was refused. */
  async function upload(roomId: string, userId: string, bytes: Buffer): Promise<string | null> {
    const room = `/rooms/${roomId}`;
    const announcement = { name: `${userId}.pdf`, type: 'application/pdf', bytes: bytes.length };
    const { body } = await asking.untilAnswered<Announced>(userId, 'POST', `${room}/uploads`, announcement);
    if (!body) return null;
    for (const _ of asking.tries()) {
      const { method, headers, url } = body;
      const signal = AbortSignal.timeout(PUT_MS);
      const put = await fetch(new URL(url, chatUrl), { method, headers, body: new Uint8Array(bytes), signal }).catch(
        () => null,
      );
      // Its second answer is that it is there already.
      if (put && put.status < 500) break;
      await asking.pause();
    }
    const path = `${room}/uploads/${body.uploadId}/complete`;
    const { outcome } = await asking.untilAnswered(userId, 'POST', path);
    return outcome === 'done' ? body.uploadId : null;
  }

  async function share(roomId: string, userId: string, takesBack: boolean): Promise<void> {
    const bytes = Buffer.from(`%PDF-1.7\n${`${userId} `.repeat(500)}`);
    const room = `/rooms/${roomId}`;
    const joined = await asking.untilAnswered(userId, 'POST', `${room}/participants`, {});
    if (typeof joined.outcome !== 'string') return;
    const uploadId = await upload(roomId, userId, bytes);
    if (uploadId === null) return;
    const clientMessageId = `file-${userId}`;
    const said = { clientMessageId, content: '', attachments: [uploadId] };
    const { body } = await asking.untilAnswered<{ seq: number }>(userId, 'POST', `${room}/messages`, said);
    const seq = body?.seq ?? null;
    let deleted: SharedFile['deleted'] = null;
    if (seq !== null && takesBack) {
      const { outcome } = await asking.untilAnswered(userId, 'DELETE', `${room}/messages/${seq}`);
      deleted = outcome === 'done' ? 'done' : 'unknown';
      const answeredAtMs = performance.now();
      deletions.push({ roomId, seq, userId, before: '', content: null, outcome, answeredAtMs });
    }
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    sharedFiles.push({ roomId, userId, clientMessageId, sha256, seq, deleted });
  }

  return {
    sharedFiles: sharedFiles as readonly SharedFile[],
    /** Of their messages. */
    deletions: deletions as readonly Change[],
    /** All who came. No instance can take them for online: they have no connection. */
    people: people as readonly string[],
    share(roomId: string, userId: string, takesBack: boolean): void {
      people.push(userId);
      asking.begin(() => share(roomId, userId, takesBack));
    },
  };
}

export type Sharing = ReturnType<typeof createSharing>;
