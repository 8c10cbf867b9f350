import type { Message } from '@gongu/client';
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
import { useStrings } from '../chat/chat-context.ts';
import { useConnection } from '../chat/useConnection.ts';
import { LazyPart } from './LazyPart.tsx';
import type { MessageToolsProps } from './MessageTools.tsx';
import { actingContext, isAtMessage, isSaid, mayReact } from './message-actions.ts';
import type { MessageRow } from './message-rows.ts';

export interface MessageMenuOptions extends Pick<MessageToolsProps, 'room' | 'me' | 'ignored' | 'onReply' | 'onEdit'> {
  readonly rows: readonly MessageRow[];
  readonly scrollerRef: RefObject<HTMLElement | null>;
  /** The row whose menu is open. */
  readonly menuKey: string | null;
  readonly setMenuKey: (key: string | null) => void;
}

/** Milliseconds for which it is shown how something went. */
const SAID_MS = 5_000;
/** Milliseconds after the list has come after which the menu and the words of refusals are loaded, so that they are there without a connection too. */
const AHEAD_MS = 2_000;

interface Place {
  readonly anchor: DOMRect;
  readonly from: HTMLElement | null;
}

/** The menu of messages, one for a list: by a button, a long press, Shift+F10 or the menu key. */
export function useMessageMenu(options: MessageMenuOptions) {
  const { room, rows, me, ignored, scrollerRef, menuKey, setMenuKey, onReply, onEdit } = options;
  const strings = useStrings();
  const id = useId();
  const place = useRef<Place | null>(null);
  const [isWanted, setIsWanted] = useState(false);
  const [said, setSaid] = useState('');
  useEffect(() => {
    if (said === '') return;
    const timer = setTimeout(() => setSaid(''), SAID_MS);
    return () => clearTimeout(timer);
  }, [said]);
  useEffect(() => {
    const timer = setTimeout(() => void Promise.all(AHEAD.map((load) => load())).catch(() => {}), AHEAD_MS);
    return () => clearTimeout(timer);
  }, []);
  const tell = useCallback((text: string) => setSaid((before) => (before === text ? `${text}\u00a0` : text)), []);

  const isReacting = mayReact(actingContext(room, me, useConnection()));
  const { react, changing } = room;
  const onReact = useCallback((seq: number, emoji: string, on: boolean) => void react(seq, emoji, on), [react]);
  const refused = changing.find((draft) => draft.status === 'failed' && !isAtMessage(draft));
  const latestRows = useRef(rows);
  latestRows.current = rows;
  const open = useCallback(
    (message: Message, from: HTMLElement): void => {
      const row = latestRows.current.find((each) => 'message' in each && each.message.seq === message.seq);
      if (!row || !isSaid(message)) return;
      const { activeElement } = document;
      const bubble = from.closest('.gongu-row')?.querySelector('.gongu-bubble, .gongu-notice') ?? from;
      place.current = {
        anchor: (from.matches('.gongu-more') ? from : bubble).getBoundingClientRect(),
        from: activeElement instanceof HTMLElement && activeElement !== document.body ? activeElement : null,
      };
      setIsWanted(true);
      setMenuKey(row.key);
    },
    [setMenuKey],
  );

  /** Opens the menu of the message that the element shows. */
  function openAt(target: Element): boolean {
    const row = target.closest<HTMLElement>('.gongu-row');
    const shown = row && scrollerRef.current?.contains(row) ? rows[Number(row.dataset.index)] : undefined;
    if (!row || !shown || (shown.kind !== 'chat' && shown.kind !== 'notice') || !isSaid(shown.message)) return false;
    open(shown.message, row);
    return true;
  }

  function close(returns: boolean): void {
    const { from } = place.current ?? {};
    place.current = null;
    setMenuKey(null);
    if (!returns) return;
    const index = rows.findIndex(({ key }) => key === menuKey);
    const back = from?.isConnected ? from : scrollerRef.current?.querySelector<HTMLElement>(`[data-index="${index}"]`);
    back?.focus({ preventScroll: true });
  }

  const row = menuKey === null ? undefined : rows.find(({ key }) => key === menuKey);
  const message = row && 'message' in row && isSaid(row.message) ? row.message : null;
  const { anchor } = place.current ?? {};
  const tools: MessageToolsProps = {
    ...{ id, room, me, ignored, onReply, onEdit, onReact, tell, refused },
    menu: message && anchor ? { message, anchor } : null,
    onClose: close,
  };
  const failed = () => {
    setIsWanted(false);
    close(true);
    tell(strings.notLoaded);
  };
  const element: ReactNode = (
    <>
      {(isWanted || refused) && <LazyPart load={loadTools} props={tools} onFailed={failed} />}
      <p className="gongu-said" role="status">
        {said}
      </p>
    </>
  );

  return {
    open,
    openAt,
    /** Absent: one may not react here. */
    onReact: isReacting ? onReact : undefined,
    element,

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

const loadTools = async () => (await import('./MessageTools.tsx')).MessageTools;
const AHEAD = [loadTools, () => import('./ErrorText.tsx')];
