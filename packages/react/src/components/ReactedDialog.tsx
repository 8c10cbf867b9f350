import { listReactions, type Reacted } from '@gongu/client';
import { useCallback, useEffect, useId, useRef, useState } from 'react';
import { useChatClient } from '../chat/chat-context.ts';
import { useToolStrings } from '../chat/useToolStrings.ts';
import { nameOf } from '../strings/name-of.ts';

export interface ReactedDialogProps {
  readonly roomId: string;
  readonly seq: number;
  readonly onClose: () => void;
}

interface Loaded {
  readonly items: readonly Reacted[];
  /** Null: that is all. */
  readonly next: string | null;
  readonly state: 'loading' | 'ready' | 'failed';
}

/** Who reacted to a message, and by what, in the order in which they did. */
export function ReactedDialog({ roomId, seq, onClose }: ReactedDialogProps) {
  const strings = useToolStrings();
  const client = useChatClient();
  const titleId = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  const [{ items, next, state }, setLoaded] = useState<Loaded>({ items: [], next: null, state: 'loading' });
  const load = useCallback(
    async (cursor: string | null) => {
      setLoaded((before) => ({ ...before, state: 'loading' }));
      const page = await listReactions(client, roomId, seq, cursor === null ? {} : { cursor });
      setLoaded((before) => {
        if (!page.ok) return { ...before, state: 'failed' };
        const known = cursor === null ? [] : before.items;
        return { items: [...known, ...page.value.items], next: page.value.nextCursor, state: 'ready' };
      });
    },
    [client, roomId, seq],
  );
  useEffect(() => {
    if (!dialog.current?.open) dialog.current?.showModal();
    void load(null);
  }, [load]);
  return (
    <dialog
      ref={dialog}
      className="gongu-ask"
      aria-labelledby={titleId}
      aria-busy={state === 'loading'}
      onClose={onClose}
    >
      <h2 id={titleId}>{strings.whoReacted}</h2>
      <ul className="gongu-reacted">
        {items.map(({ emoji, user }) => (
          <li key={`${emoji} ${user.userId}`}>
            <span>{emoji}</span> <bdi>{nameOf(user)}</bdi>
          </li>
        ))}
      </ul>
      <p role="status">{state === 'loading' ? strings.loading : state === 'failed' ? strings.notLoaded : ''}</p>
      <p>
        {state === 'failed' && (
          <button type="button" onClick={() => void load(next)}>
            {strings.tryAgain}
          </button>
        )}
        {state === 'ready' && next !== null && (
          <button type="button" onClick={() => void load(next)}>
            {strings.showMore}
          </button>
        )}
        <button type="button" onClick={() => dialog.current?.close()}>
          {strings.close}
        </button>
      </p>
    </dialog>
  );
}
