import type { StoredDraft } from './outgoing.ts';

/**
 * Where drafts wait over a reload. Several tabs may share one; the server stores a draft once, whichever sends it. Every
 * method may reject: a draft that can't be kept is still sent.
 */
export interface OutboxStorage {
  /** A user's drafts in order of `queuedAtMs`. */
  load(userId: string): Promise<StoredDraft[]>;
  /** Adds a draft, or takes the place of the one with its `userId` and `clientMessageId`. */
  put(draft: StoredDraft): Promise<void>;
  /** Nothing happens where there is none. */
  remove(userId: string, clientMessageId: string): Promise<void>;
}

/** Keeps drafts as long as it lives: for Node, and where a browser allows nothing else. */
export function createMemoryStorage(): OutboxStorage {
  const drafts = new Map<string, StoredDraft>();
  return {
    load: async (userId) => inOrder([...drafts.values()].filter((draft) => draft.userId === userId)),
    put: async (draft) => void drafts.set(keyOf(draft.userId, draft.clientMessageId), draft),
    remove: async (userId, clientMessageId) => void drafts.delete(keyOf(userId, clientMessageId)),
  };
}

/** Neither part can hold a line feed: the server refuses control characters in both. */
export function keyOf(userId: string, clientMessageId: string): string {
  return `${userId}\n${clientMessageId}`;
}

export function inOrder(drafts: StoredDraft[]): StoredDraft[] {
  return drafts.sort((a, b) => a.queuedAtMs - b.queuedAtMs);
}
