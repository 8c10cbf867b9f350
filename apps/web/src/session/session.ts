/** Who uses this window. */
export interface Session {
  /** A guest talks and may not buy. */
  readonly kind: 'user' | 'guest';
  readonly token: string;
  readonly userId: string;
  readonly nickname: string;
  readonly tag: string | null;
  /** Signed in as somebody who sells, too. */
  readonly seller: boolean;
}

const KEY = 'gongu.session';

/**
 * The session of this window alone: two windows of one browser are two people, which is how one tries a conversation. It
 * survives a reload.
 *
 * @param storageOf where it is kept; throws where the browser blocks cookies
 */
export function readSession(storageOf: () => Storage): Session | null {
  try {
    const found = JSON.parse(storageOf().getItem(KEY) ?? 'null') as Session | null;
    return typeof found?.token === 'string' && typeof found.userId === 'string' ? found : null;
  } catch {
    return null;
  }
}

export function writeSession(storageOf: () => Storage, session: Session | null): void {
  try {
    const storage = storageOf();
    if (session === null) storage.removeItem(KEY);
    else storage.setItem(KEY, JSON.stringify(session));
  } catch {
    // Forbidden or full: the session then lasts until the next reload.
  }
}

/** The name as others see it: a guest's has a number. */
export function shownName({ nickname, tag }: Pick<Session, 'nickname' | 'tag'>): string {
  return tag === null ? nickname : `${nickname}#${tag}`;
}
