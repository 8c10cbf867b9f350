import type { Clock } from './clock.ts';
import type { StorageLike } from './outbox/local-storage.ts';
import { createStore } from './store.ts';

/** What somebody has chosen for himself, in this browser: nobody else is told. */
export interface Choices {
  /** Ids of users whose messages he does not want to see. */
  readonly ignored: readonly string[];
  /** Ids of rooms that are not to call for his attention. */
  readonly muted: readonly string[];
}

export interface OwnChoices {
  subscribe(listener: () => void): () => void;
  /** The same object until something in it changes. */
  getSnapshot(): Choices;
  ignore(userId: string, on: boolean): void;
  mute(roomId: string, on: boolean): void;
}

/** As much of a browser as is used; there may be none of it. */
interface Surroundings {
  readonly localStorage?: Pick<StorageLike, 'getItem' | 'setItem'>;
  readonly caches?: { open(name: string): Promise<{ put(path: string, answer: Response): Promise<void> }> };
  addEventListener?(type: 'storage', listener: (event: { readonly key: string | null }) => void): void;
  removeEventListener?(type: 'storage', listener: (event: { readonly key: string | null }) => void): void;
}

const PREFIX = 'gongu.choices\n';
const NONE: Choices = { ignored: [], muted: [] };

/** Choices in localStorage, else in memory; those of other tabs are heard of. */
export function createOwnChoices(clock: Clock): OwnChoices & { own(userId: string): void } {
  const store = createStore<Choices>(NONE, clock);
  const surroundings = globalThis as unknown as Surroundings;
  let key = '';

  /** A service worker, which has no localStorage, reads it there: it shows no text of those who are ignored. */
  function mirror(): void {
    const answer = () => new Response(JSON.stringify(store.get()));
    surroundings.caches
      ?.open('gongu')
      .then((cache) => cache.put('/gongu-choices', answer()))
      .catch(() => {});
  }

  function change(part: Partial<Choices>): void {
    store.set({ ...store.get(), ...part });
    mirror();
    try {
      if (key !== '') surroundings.localStorage?.setItem(key, JSON.stringify(store.get()));
    } catch {
      // Blocked or full: then it lasts as long as the page.
    }
  }

  function read(): void {
    try {
      const kept = JSON.parse(surroundings.localStorage?.getItem(key) ?? 'null') as Partial<Choices> | null;
      store.set({ ignored: texts(kept?.ignored), muted: texts(kept?.muted) });
    } catch {
      store.set(NONE);
    }
  }

  return {
    subscribe(listener) {
      const stop = store.subscribe(listener);
      const heard = (event: { readonly key: string | null }) => {
        if (event.key === key) read();
      };
      surroundings.addEventListener?.('storage', heard);
      return () => {
        stop();
        surroundings.removeEventListener?.('storage', heard);
      };
    },
    getSnapshot: store.get,
    ignore: (userId, on) => change({ ignored: withOrWithout(store.get().ignored, userId, on) }),
    mute: (roomId, on) => change({ muted: withOrWithout(store.get().muted, roomId, on) }),

    /** Whose choices they are. */
    own(userId) {
      if (key === PREFIX + userId) return;
      key = PREFIX + userId;
      read();
      mirror();
    },
  };
}

function withOrWithout(list: readonly string[], one: string, on: boolean): readonly string[] {
  const others = list.filter((each) => each !== one);
  return on ? [...others, one] : others;
}

/** Somebody else may have written there. */
function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((each): each is string => typeof each === 'string') : [];
}
