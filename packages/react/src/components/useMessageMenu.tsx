import type { ConnectionState, Message } from '@gongu/client';
import {
  type KeyboardEvent,
  type ReactNode,
  type RefObject,
  useCallback,
  useEffect,
  useId,
  useRef,
  useState,
} from 'react';
import { useChatClient, useStrings } from '../chat/chat-context.ts';
import type { ChatRoomHandle } from '../chat/useChatRoom.ts';
import { useConnection } from '../chat/useConnection.ts';
import { nameOf } from '../strings/name-of.ts';
import { type MenuEntry, MessageMenu } from './MessageMenu.tsx';
import { type ActingContext, isSaid, mayDelete, mayEdit, mayPin } from './message-actions.ts';
import type { MessageRow } from './message-rows.ts';

export interface MessageMenuOptions {
  readonly room: Omit<ChatRoomHandle, 'typing'>;
  readonly rows: readonly MessageRow[];
  readonly me: string | null;
  /** Whose messages are not wanted. */
  readonly ignored: readonly string[];
  readonly scrollerRef: RefObject<HTMLElement | null>;
  /** The row whose menu is open. */
  readonly menuKey: string | null;
  readonly setMenuKey: (key: string | null) => void;
  readonly onReply: ((message: Message) => void) | undefined;
  readonly onEdit: ((message: Message, content: string) => void) | undefined;
}

/** Milliseconds for which it is shown how something went. */
const SAID_MS = 5_000;

interface Place {
  readonly anchor: DOMRect;
  readonly from: HTMLElement | null;
}

/** The menu of messages, one for a list: by a button, a long press, Shift+F10 or the menu key. */
export function useMessageMenu(options: MessageMenuOptions) {
  const { room, rows, ignored, scrollerRef, menuKey, setMenuKey, onReply, onEdit } = options;
  const { choices } = useChatClient();
  const strings = useStrings();
  const id = useId();
  const place = useRef<Place | null>(null);
  const [deletes, setDeletes] = useState<number | null>(null);
  const [said, setSaid] = useState('');
  useEffect(() => {
    if (said === '') return;
    const timer = setTimeout(() => setSaid(''), SAID_MS);
    return () => clearTimeout(timer);
  }, [said]);
  const connection = useConnection();
  const context = () => actingContext(room, options.me, connection);

  const tell = (text: string) => setSaid((before) => (before === text ? `${text}\u00a0` : text));

  function entriesOf(message: Message): MenuEntry[] {
    if (!isSaid(message)) return [];
    const entries: MenuEntry[] = [];
    const { sender } = message;
    const isIgnored = message.kind === 'CHAT' && sender !== null && ignored.includes(sender.userId);
    const deletion: MenuEntry[] = mayDelete(message, context())
      ? [{ label: strings.delete, isDanger: true, act: () => setDeletes(message.seq) }]
      : [];
    if (isIgnored) {
      const stop = { label: strings.stopIgnoring(nameOf(sender)), act: () => choices.ignore(sender.userId, false) };
      return [stop, ...deletion];
    }
    if (onReply && message.kind === 'CHAT') entries.push({ label: strings.reply, act: () => onReply(message) });
    // There is none where the page was not loaded safely.
    if (navigator.clipboard) {
      const copy = () =>
        void navigator.clipboard.writeText(message.content).then(
          () => tell(strings.copied),
          () => tell(strings.notCopied),
        );
      entries.push({ label: strings.copy, act: copy });
    }
    if (message.kind === 'CHAT' && sender !== null && sender.userId !== options.me) {
      entries.push({ label: strings.ignore(nameOf(sender)), act: () => choices.ignore(sender.userId, true) });
    }
    if (onEdit && mayEdit(message, context())) {
      entries.push({ label: strings.edit, act: () => onEdit(message, message.content) });
    }
    if (mayPin(message, context())) {
      const isPinned = room.room?.pinnedMessageIds?.includes(message.messageId) ?? false;
      const pin = () =>
        void room.pin(message.seq, !isPinned).then((done) => {
          if (!done.ok) tell(done.error.code === 'CONFLICT' ? strings.tooManyPins : strings.error(done.error));
        });
      entries.push({ label: isPinned ? strings.unpin : strings.pin, act: pin });
    }
    return [...entries, ...deletion];
  }

  const latest = useRef({ rows, entriesOf });
  latest.current = { rows, entriesOf };

  const open = useCallback(
    (message: Message, from: HTMLElement): void => {
      const row = latest.current.rows.find((each) => 'message' in each && each.message.seq === message.seq);
      if (!row || latest.current.entriesOf(message).length === 0) return;
      const { activeElement } = document;
      const bubble = from.closest('.gongu-row')?.querySelector('.gongu-bubble, .gongu-notice') ?? from;
      place.current = {
        anchor: (from.matches('.gongu-more') ? from : bubble).getBoundingClientRect(),
        from: activeElement instanceof HTMLElement && activeElement !== document.body ? activeElement : null,
      };
      setMenuKey(row.key);
    },
    [setMenuKey],
  );

  function messageAt(target: Element): Message | null {
    const row = target.closest<HTMLElement>('.gongu-row');
    const shown = row && scrollerRef.current?.contains(row) ? rows[Number(row.dataset.index)] : undefined;
    return shown && (shown.kind === 'chat' || shown.kind === 'notice') ? shown.message : null;
  }

  /** Opens the menu of the message that the element shows. */
  function openAt(target: Element): boolean {
    const message = messageAt(target);
    const row = target.closest<HTMLElement>('.gongu-row');
    if (!message || !row) return false;
    open(message, row);
    return true;
  }

  const row = menuKey === null ? undefined : rows.find(({ key }) => key === menuKey);
  const message = row && 'message' in row ? row.message : null;
  const entries = message ? entriesOf(message) : [];

  function close(returns: boolean): void {
    const { from } = place.current ?? {};
    place.current = null;
    setMenuKey(null);
    if (!returns) return;
    const index = rows.findIndex(({ key }) => key === menuKey);
    const back = from?.isConnected ? from : scrollerRef.current?.querySelector<HTMLElement>(`[data-index="${index}"]`);
    back?.focus({ preventScroll: true });
  }

  const element: ReactNode = (
    <>
      {message && place.current && entries.length > 0 && (
        <MessageMenu
          id={id}
          label={strings.actionsOf(
            message.kind !== 'SYSTEM' && message.sender ? nameOf(message.sender) : strings.notice,
          )}
          anchor={place.current.anchor}
          entries={entries}
          onClose={close}
        />
      )}
      <p className="gongu-said" role="status">
        {said}
      </p>
    </>
  );

  return {
    open,
    openAt,
    element,
    deleting: deletes === null ? null : { onYes: () => void room.delete(deletes), onClose: () => setDeletes(null) },

    /** True: it was for the menu. */
    onKeyDown(event: KeyboardEvent): boolean {
      const isMenuKey = event.key === 'ContextMenu' || (event.key === 'F10' && event.shiftKey);
      // A link keeps what the browser does with it.
      if (!isMenuKey || !(event.target instanceof Element) || event.target.closest('a')) return false;
      if (!openAt(event.target)) return false;
      event.preventDefault();
      return true;
    },
  };
}

/** What decides on what one may do, as it is at this moment. */
export function actingContext(
  { you, room }: Pick<ChatRoomHandle, 'you' | 'room'>,
  me: string | null,
  { editWindowS, isAdmin, clockOffsetMs }: ConnectionState,
): ActingContext {
  return {
    ...{ me, isAdmin, editWindowS },
    isMember: you !== null,
    isHost: you?.role === 'HOST',
    isReadOnly: room?.status === 'CANCELLED',
    nowMs: Date.now() + clockOffsetMs,
  };
}
