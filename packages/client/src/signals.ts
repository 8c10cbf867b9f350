/** What the surroundings tell. `hidden` may be the last thing a page hears. */
export type Signal = 'online' | 'offline' | 'visible' | 'hidden';

/** The surroundings: a browser tab, or a process that tells nothing. */
export interface Signals {
  /** Whether there may be a network. A hint: some systems say no and have one, so it never forbids a try. */
  online(): boolean;
  /** Whether nobody can see it now. Absent: somebody always may. */
  isHidden?(): boolean;
  listen(heard: (signal: Signal) => void): () => void;
}

interface Listenable {
  addEventListener?(type: string, listener: () => void): void;
  removeEventListener?(type: string, listener: () => void): void;
}

/** The tab this runs in. Elsewhere (Node): always online, never a word. */
export function browserSignals(): Signals {
  const scope = globalThis as Listenable & {
    navigator?: { onLine?: boolean };
    document?: Listenable & { visibilityState: string };
  };
  const { document } = scope;
  return {
    online: () => scope.navigator?.onLine !== false,
    isHidden: () => document?.visibilityState === 'hidden',
    listen(heard) {
      const changed = () => heard(document?.visibilityState === 'hidden' ? 'hidden' : 'visible');
      const pairs: [Listenable | undefined, string, () => void][] = [
        [scope, 'online', () => heard('online')],
        [scope, 'offline', () => heard('offline')],
        // Out of the back-forward cache, and into it: a socket does not survive there.
        [scope, 'pageshow', () => heard('visible')],
        [scope, 'pagehide', () => heard('hidden')],
        [document, 'visibilitychange', changed],
      ];
      for (const [target, type, listener] of pairs) target?.addEventListener?.(type, listener);
      return () => {
        for (const [target, type, listener] of pairs) target?.removeEventListener?.(type, listener);
      };
    },
  };
}
