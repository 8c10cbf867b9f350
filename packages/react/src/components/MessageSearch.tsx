import {
  type ChatMessage,
  type FoundMessages,
  markedText,
  SEARCH_CHARS,
  searchForm,
  searchMessages,
} from '@gongu/client';
import { type FormEvent, Fragment, useCallback, useEffect, useId, useRef, useState } from 'react';
import { useChatClient } from '../chat/chat-context.ts';
import { useChoices } from '../chat/useChoices.ts';
import { useRooms } from '../chat/useRooms.ts';
import { useToolStrings } from '../chat/useToolStrings.ts';
import { nameOf } from '../strings/name-of.ts';
import { isBy } from './message-actions.ts';
import { wordsOf } from './ProductNotice.tsx';

export interface MessageSearchProps {
  /** The room that is searched; null: all of one's own. */
  readonly roomId: string | null;
  /** Shows a message of that room among the others; of whichever room, where all are searched. */
  readonly onGoTo: (message: ChatMessage) => void;
  /** Shows a message of another room. With it, one may choose to search all of one's own. */
  readonly onOpen?: ((message: ChatMessage) => void) | undefined;
}

/** Milliseconds after a key at which what is in the field is looked for, also within a syllable that is still being made. */
const PAUSE_MS = 300;

interface Found extends FoundMessages {
  readonly q: string;
  readonly state: 'idle' | 'loading' | 'ready' | 'failed';
}

const NOTHING: Found = { q: '', messages: [], next: null, state: 'idle' };

/** Looks for messages by what is in them, and leads to them. */
export function MessageSearch({ roomId, onGoTo, onOpen }: MessageSearchProps) {
  const strings = useToolStrings();
  const client = useChatClient();
  const { ignored } = useChoices();
  const [isEverywhere, setIsEverywhere] = useState(roomId === null);
  const [{ q, messages, next, state }, setFound] = useState(NOTHING);
  // It keeps its own text: a field whose value React sets can disturb an input method.
  const field = useRef<HTMLInputElement>(null);
  const turn = useRef(0);
  const hintId = useId();

  const look = useCallback(
    async (cursor: string | null, text = field.current?.value ?? '') => {
      const mine = ++turn.current;
      const wanted = text.trim();
      const length = [...searchForm(wanted)].length;
      if (length < SEARCH_CHARS.least || length > SEARCH_CHARS.most) return setFound({ ...NOTHING, q: wanted });
      setFound((before) => ({ ...before, state: 'loading' }));
      const where = { ...(isEverywhere || roomId === null ? {} : { roomId }), ...(cursor === null ? {} : { cursor }) };
      const page = await searchMessages(client, wanted, where);
      // Something else is looked for by now.
      if (mine !== turn.current) return;
      setFound((before) => {
        const known = cursor === null ? [] : before.messages;
        return page.ok
          ? { q: wanted, messages: [...known, ...page.value.messages], next: page.value.next, state: 'ready' }
          : { q: wanted, messages: known, next: cursor, state: 'failed' };
      });
    },
    [client, roomId, isEverywhere],
  );
  // Within a room it was asked for; elsewhere it is a part of a page.
  const isAsked = roomId !== null;
  useEffect(() => {
    if (isAsked) field.current?.focus();
  }, [isAsked]);
  // Elsewhere, what is in the field is looked for anew.
  useEffect(() => void look(null), [look]);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  function typed(): void {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => void look(null), PAUSE_MS);
  }
  function submit(event: FormEvent): void {
    event.preventDefault();
    clearTimeout(timer.current);
    void look(null);
  }

  const end = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (next === null || state !== 'ready' || !end.current) return;
    const observer = new IntersectionObserver((seen) => {
      // Of what is shown, whatever is typed meanwhile.
      if (seen.some(({ isIntersecting }) => isIntersecting)) void look(next, q);
    });
    observer.observe(end.current);
    return () => observer.disconnect();
  }, [next, q, state, look]);

  const says = {
    idle: strings.searchHint,
    loading: messages.length > 0 ? '' : strings.loading,
    ready: messages.length > 0 ? strings.found(messages.length, next !== null) : strings.notFound,
    failed: strings.notLoaded,
  }[state];
  return (
    <section className="gongu-search" aria-label={strings.search}>
      <form onSubmit={submit}>
        <input
          ref={field}
          type="search"
          className="gongu-line-field"
          aria-label={strings.search}
          aria-describedby={hintId}
          placeholder={strings.search}
          autoComplete="off"
          enterKeyHint="search"
          onInput={typed}
        />
        {onOpen && (
          <label>
            <input type="checkbox" checked={isEverywhere} onChange={({ target }) => setIsEverywhere(target.checked)} />
            {strings.searchEverywhere}
          </label>
        )}
      </form>
      <p id={hintId} role="status">
        {says}
      </p>
      {state === 'failed' && (
        <button type="button" onClick={() => void look(next, q)}>
          {strings.tryAgain}
        </button>
      )}
      <ul>
        {messages.map((message) => (
          <li key={message.messageId}>
            <button
              type="button"
              className="gongu-hit"
              onClick={() => (message.roomId === roomId || !onOpen ? onGoTo(message) : onOpen(message))}
            >
              {isEverywhere && <RoomTitle roomId={message.roomId} />}
              <bdi className="gongu-name">{message.sender ? nameOf(message.sender) : strings.notice}</bdi>{' '}
              <time dateTime={message.createdAt}>
                {new Date(message.createdAt).toLocaleDateString(strings.locale, { dateStyle: 'medium' })}
              </time>
              <span className="gongu-hit-text">
                {(isBy(message, ignored)
                  ? [{ text: strings.ignored, isHit: false }]
                  : markedText(wordsOf(message, strings), q)
                ).map(({ text, isHit }, i) =>
                  // biome-ignore lint/suspicious/noArrayIndexKey: pieces of one text, in their order
                  isHit ? <mark key={i}>{text}</mark> : <Fragment key={i}>{text}</Fragment>,
                )}
              </span>
            </button>
          </li>
        ))}
        <li ref={end} aria-hidden="true" />
      </ul>
    </section>
  );
}

function RoomTitle({ roomId }: { readonly roomId: string }) {
  const title = useRooms().rooms.find((room) => room.roomId === roomId)?.title;
  return title === undefined ? null : <bdi className="gongu-hit-room">{title}</bdi>;
}
