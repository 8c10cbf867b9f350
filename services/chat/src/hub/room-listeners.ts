import type { UnwatchReason } from '@gongu/shared';
import type { Listener, Watching } from './listener.ts';

/** How far one was told. */
interface Told {
  /** Is sent what comes; who is not catches up first. */
  live: boolean;
  /** The last message it was sent, where it is not live. */
  sentSeq: number;
}

/** Who listens to one room here: its members, and those who look and are none. Each stands in one of three groups. */
export function createRoomListeners(roomId: string) {
  const members = new Map<Listener, Told>();
  const watchers = { user: new Map<Listener, Told>(), anonymous: new Map<Listener, Told>() };
  const groups = [members, watchers.user, watchers.anonymous] as const;

  function told(listener: Listener): Told | undefined {
    return members.get(listener) ?? watchers.user.get(listener) ?? watchers.anonymous.get(listener);
  }

  function remove(listener: Listener): boolean {
    return groups.map((group) => group.delete(listener)).includes(true);
  }

  function* allWatchers(): Iterable<Listener> {
    yield* watchers.user.keys();
    yield* watchers.anonymous.keys();
  }

  function unwatch(some: Iterable<Listener>, reason: UnwatchReason): void {
    for (const listener of [...some]) {
      remove(listener);
      listener.onUnwatched(roomId, reason);
    }
  }

  function drop(isGone: (userId: string) => boolean, reason: UnwatchReason): void {
    unwatch(
      [...allWatchers()].filter(({ userId }) => isGone(userId)),
      reason,
    );
    for (const [listener, { live }] of [...members]) {
      if (!isGone(listener.userId)) continue;
      members.delete(listener);
      listener.onEnded(roomId, live ? 'left' : 'left unseen');
    }
  }

  return {
    get count(): number {
      return members.size + watchers.user.size + watchers.anonymous.size;
    },
    get hasWatchers(): boolean {
      return watchers.user.size + watchers.anonymous.size > 0;
    },
    get hasAnonymous(): boolean {
      return watchers.anonymous.size > 0;
    },
    told,
    remove,

    /** One that is there already stands anew, where it now belongs. */
    add(listener: Listener, at: Told, watching: Watching | null): void {
      remove(listener);
      (watching ? watchers[watching] : members).set(listener, at);
    },

    /** One that is there was told so much. */
    retell(listener: Listener, at: Told): void {
      for (const group of groups) if (group.has(listener)) group.set(listener, at);
    },

    /** Those who are told everything as it comes: those who look without an account, or all the others. */
    *live(who: 'anonymous' | 'others'): Iterable<Listener> {
      const some = who === 'anonymous' ? [watchers.anonymous] : [members, watchers.user];
      for (const group of some) for (const [listener, { live }] of group) if (live) yield listener;
    },

    /** Those who looked and have become members stay where they are. */
    letIn(isMember: (userId: string) => boolean): void {
      for (const group of [watchers.user, watchers.anonymous]) {
        for (const [listener, at] of [...group]) {
          if (!isMember(listener.userId)) continue;
          group.delete(listener);
          members.set(listener, at);
          listener.onEntered(roomId);
        }
      }
    },

    /** Those whose membership has ended hear nothing more. */
    drop: (isGone: (userId: string) => boolean): void => drop(isGone, 'REMOVED'),
    /** Those who are banned hear nothing more. */
    castOut: (isBanned: (userId: string) => boolean): void => drop(isBanned, 'BANNED'),

    /** Nobody may look any longer. */
    unwatchAll: (reason: UnwatchReason): void => unwatch(allWatchers(), reason),

    /** The room is gone. */
    end(): void {
      unwatch(allWatchers(), 'ROOM_GONE');
      const last = [...members.keys()];
      members.clear();
      for (const listener of last) listener.onEnded(roomId, 'gone');
    },
  };
}
