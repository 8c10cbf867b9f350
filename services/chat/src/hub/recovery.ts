import { LIMITS } from '@gongu/shared';
import { boundJsonPage, messageBytes } from '../room/page-bytes.ts';
import { countOthers, limitRows } from '../room/page-rows.ts';
import type { MessageStore } from '../room/ports/message-store.ts';
import type { StoredMessage } from '../room/ports/stored-message.ts';
import { asChanged } from './rewritten.ts';
import type { RoomFeed } from './room-feed.ts';

/** What a client that joins gets of the messages: either all that it missed, or the newest page. */
export interface Recovery {
  readonly messages: readonly StoredMessage[];
  /** `messages` are all that came after the position the client named. */
  readonly recovered: boolean;
  /** There are older messages than these that the client may not have. */
  readonly hasMore: boolean;
}

/** Most bytes of text of one recovery; a client further behind starts over with the newest page. Four send queues. */
const RECOVERY_BYTES = 2_097_152;

/**
 * Answers recoveries of one room from its ring, and from the store what is older. Concurrent ones that need the store
 * share a read: after a crash every client of a room comes back in the same second.
 */
export function createRecovery({
  feed,
  messages,
}: {
  feed: RoomFeed;
  messages: Pick<MessageStore, 'after' | 'before'>;
}) {
  /** Everybody who comes before the next message gets the same page. */
  let newest: { lastSeq: number; page: Recovery } | null = null;
  let rewrites = 0;
  let reading: { from: number; rows: Promise<readonly StoredMessage[]> } | null = null;

  /** All messages after `after`, or null when they are more than a recovery may hold. */
  async function missed(after: number): Promise<readonly StoredMessage[] | null> {
    for (;;) {
      // What it misses first was removed for its age.
      if (after < feed.state.room.firstSeq - 1) return null;
      if (feed.lastSeq - after > LIMITS.recoveryMax) return null;
      if (feed.ring.covers(after, feed.lastSeq)) return feed.ring.after(after);
      const rows = await older(after);
      // Messages are never missing in the middle: the room was removed, or what is missed first, and reading again would find
      // nothing either.
      if (rows.length === 0 || rows[0]!.seq > after + 1) return null;
      const last = rows.at(-1)!.seq;
      // Messages came during the read: the ring has them unless it turned over, and then it is read again.
      if (feed.ring.covers(last, feed.lastSeq)) {
        return asChanged([...rows.filter((row) => row.seq > after), ...feed.ring.after(last)]);
      }
    }
  }

  async function older(after: number): Promise<readonly StoredMessage[]> {
    if (reading && reading.from <= after) return reading.rows;
    const rows = messages.after(feed.roomId, after, LIMITS.recoveryMax);
    const mine = { from: after, rows };
    reading = mine;
    try {
      const found = await rows;
      // The store may have more than was heard of here: what is given now must not come a second time later.
      feed.accept(found);
      return found;
    } finally {
      if (reading === mine) reading = null;
    }
  }

  async function newestPage(): Promise<Recovery> {
    if (newest?.lastSeq === feed.lastSeq) return newest.page;
    const before = rewrites;
    const page = await readNewest();
    // What came during the read may have changed what was read.
    if (rewrites === before) newest = { lastSeq: page.messages.at(-1)?.seq ?? feed.lastSeq, page };
    return page;
  }

  async function readNewest(): Promise<Recovery> {
    let page: readonly StoredMessage[] = feed.ring.newest(LIMITS.pageSize);
    if (countOthers(page) < LIMITS.pageSize && (feed.ring.firstSeq ?? feed.lastSeq + 1) > feed.state.room.firstSeq) {
      let last: number;
      do {
        page = await messages.before(feed.roomId, feed.lastSeq + 1, LIMITS.pageSize);
        last = page.at(-1)?.seq ?? feed.lastSeq;
        // The ring turned over during the read: what came meanwhile would not follow the page without a hole.
      } while (!feed.ring.covers(last, feed.lastSeq));
      page = limitRows(asChanged([...page, ...feed.ring.after(last)]), LIMITS.pageSize, 'newest');
    }
    page = boundJsonPage(page, 'newest');
    return { messages: page, recovered: false, hasMore: (page[0]?.seq ?? 0) > feed.state.room.firstSeq };
  }

  /** `after` null: the newest page. Its last message is the newest one of the moment in which the promise resolves. */
  async function recover(after: number | null): Promise<Recovery> {
    if (after === null) return newestPage();
    const rows = await missed(after);
    if (rows && rows.reduce((bytes, row) => bytes + messageBytes(row), 0) <= RECOVERY_BYTES) {
      return { messages: rows, recovered: true, hasMore: false };
    }
    const page = await newestPage();
    // Where all that is left stands in it, there is nothing to ask for.
    return { ...page, hasMore: (page.messages[0]?.seq ?? 0) > feed.state.room.firstSeq };
  }

  return {
    recover,
    /** Drops what is kept for the next one: a message in it has become another one. */
    forget(): void {
      rewrites++;
      newest = null;
    },
  };
}

export type Recover = ReturnType<typeof createRecovery>['recover'];
