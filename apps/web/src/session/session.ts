/** Who uses this window, or this browser. */
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

export interface SessionStores {
  /** Of all windows of the browser; throws where it blocks cookies. */
  readonly profile: () => Storage;
  /** Of this window. */
  readonly own: () => Storage;
}

/**
 * Where sessions are kept. One person uses a browser, all of its windows, until he signs out; a window may be another one's
 * for as long as it is open, which is how one tries a conversation.
 */
export function createSessions({ profile, own }: SessionStores) {
  return {
    /** This window's own, else the browser's; null: nobody's. */
    read: (): Session | null => (textIn(own) === null ? sessionIn(profile) : sessionIn(own)),

    /** Whether this window is not the browser's. Signed out it stays that, too. */
    isApart: () => textIn(own) !== null,

    /** @param apart in this window alone, as long as it is open */
    write(session: Session | null, apart: boolean): void {
      try {
        const [store, text] = [apart ? own() : profile(), JSON.stringify(session)];
        if (session === null && !apart) store.removeItem(KEY);
        else store.setItem(KEY, text);
        if (!apart) own().removeItem(KEY);
      } catch {
        // Forbidden or full: the session then lasts until the next reload.
      }
    },

    /** Calls `changed` when another window has signed the browser in or out. @returns the way to stop */
    watch(changed: () => void): () => void {
      const look = ({ key }: StorageEvent) => void ((key === KEY || key === null) && changed());
      addEventListener('storage', look);
      return () => removeEventListener('storage', look);
    },
  };
}

function textIn(storageOf: () => Storage): string | null {
  try {
    return storageOf().getItem(KEY);
  } catch {
    return null;
  }
}

function sessionIn(storageOf: () => Storage): Session | null {
  try {
    const found = JSON.parse(textIn(storageOf) ?? 'null') as Session | null;
    return typeof found?.token === 'string' && typeof found.userId === 'string' ? found : null;
  } catch {
    return null;
  }
}

/** The name as others see it: a guest's has a number. */
export function shownName({ nickname, tag }: Pick<Session, 'nickname' | 'tag'>): string {
  return tag === null ? nickname : `${nickname}#${tag}`;
}
