import { type Message, parseMessageId } from '@gongu/client';
import { type KeyboardEvent, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useStrings } from '../chat/chat-context.ts';
import type { ChatRoomHandle } from '../chat/useChatRoom.ts';
import { Announcer } from './Announcer.tsx';
import { MessageItem } from './MessageItem.tsx';
import { messageRows } from './message-rows.ts';
import { useHistoryScroll } from './useHistoryScroll.ts';

export interface MessageListProps {
  /** What `useChatRoom` gave; it may lack who is typing. */
  readonly room: Omit<ChatRoomHandle, 'typing'>;
  /** Offers to answer a message. */
  readonly onReply?: (message: Message) => void;
}

/** The messages of a room, from its first to its newest, with those on their way. */
export function MessageList({ room, onReply }: MessageListProps) {
  const strings = useStrings();
  const { messages, outgoing, you, hasOlder, hasNewer, participants } = room;
  const { loadOlder, loadNewer, read, retry, discard, jumpTo } = room;
  const me = you?.userId ?? null;
  const unreadAfterSeq = useUnreadMark(room);
  const [heads] = useState(() => new Set<number>());
  const rows = useMemo(
    () => messageRows({ messages, outgoing, me, hasOlder, hasNewer, unreadAfterSeq, heads }),
    [messages, outgoing, me, hasOlder, hasNewer, unreadAfterSeq, heads],
  );
  const scroll = useHistoryScroll({ rows, hasOlder, hasNewer, loadOlder, loadNewer, onSeen: read, startKey: 'unread' });
  const { isAtEnd, seenSeq, scrollToEnd, scrollToKey } = scroll;

  const toEnd = useCallback(async () => {
    await jumpTo(null);
    scrollToEnd();
  }, [jumpTo, scrollToEnd]);

  // What one writes oneself is shown, wherever one has been reading.
  const newestOwn = outgoing.at(-1)?.clientMessageId;
  const shownOwn = useRef(newestOwn);
  useEffect(() => {
    if (newestOwn === undefined || newestOwn === shownOwn.current) return;
    shownOwn.current = newestOwn;
    void toEnd();
  }, [newestOwn, toEnd]);

  const readMarks = useMemo(
    () =>
      participants
        .filter(({ userId }) => userId !== me)
        .map(({ lastReadSeq }) => lastReadSeq)
        .sort((a, b) => a - b),
    [participants, me],
  );
  const bySeq = useMemo(() => new Map(messages.map((message) => [message.messageId, message])), [messages]);
  const [target, setTarget] = useState<string | null>(null);
  const quote = useCallback(
    async (messageId: string) => {
      const answered = parseMessageId(messageId);
      if (!answered) return;
      await jumpTo(answered.seq);
      setTarget(messageId);
    },
    [jumpTo],
  );
  useEffect(() => {
    const row =
      target === null ? undefined : rows.find((each) => 'message' in each && each.message.messageId === target);
    if (!row) return;
    setTarget(null);
    scrollToKey(row.key);
  }, [target, rows, scrollToKey]);

  const fresh = isAtEnd
    ? 0
    : messages.filter(({ seq, kind, sender }) => seq > seenSeq && isNews(kind, sender, me)).length;
  return (
    <div className="gongu-list">
      {room.isLoadingOlder && (
        <p className="gongu-loading" role="status">
          {strings.loading}
        </p>
      )}
      <section
        ref={scroll.scrollerRef}
        className="gongu-scroller"
        aria-label={strings.messages}
        aria-busy={room.status === 'joining'}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        tabIndex={0}
        onKeyDown={(event: KeyboardEvent) => {
          if (event.key !== 'End') return;
          event.preventDefault();
          void toEnd();
        }}
      >
        <ol className="gongu-rows" style={{ height: scroll.totalPx }}>
          {scroll.items.map(({ key, index, start }) => {
            const row = rows[index];
            if (!row) return null;
            const message = 'message' in row ? row.message : null;
            return (
              <li
                key={key}
                ref={scroll.measureRef}
                data-index={index}
                data-seq={row.seq ?? undefined}
                className="gongu-row"
                aria-setsize={hasOlder || hasNewer ? -1 : rows.length}
                aria-posinset={index + 1}
                style={{ transform: `translateY(${start}px)` }}
              >
                <MessageItem
                  row={row}
                  hostId={room.room?.hostId ?? null}
                  readBy={row.kind === 'chat' && row.isMine ? countFrom(readMarks, row.seq) : 0}
                  quoted={message?.replyTo ? (bySeq.get(message.replyTo) ?? null) : null}
                  onRetry={retry}
                  onDiscard={discard}
                  onReply={onReply}
                  onQuote={quote}
                />
              </li>
            );
          })}
        </ol>
      </section>
      {!isAtEnd && (
        <button type="button" className="gongu-pill" onClick={() => void toEnd()}>
          {fresh > 0 ? strings.newMessages(fresh) : strings.toNewest}
        </button>
      )}
      <Announcer messages={messages} me={me} isLive={room.status === 'live' && !hasNewer} />
    </div>
  );
}

/**
 * Where the reader left off: his mark when the room was entered, and anew each time when the page goes out of sight. What
 * he writes himself ends it.
 */
function useUnreadMark({ status, readSeq, lastSeq, outgoing }: MessageListProps['room']): number | null {
  const [mark, setMark] = useState<number | null>(null);
  const [isEntered, setIsEntered] = useState(false);
  if (status === 'live' && !isEntered) {
    setIsEntered(true);
    if (readSeq < lastSeq) setMark(readSeq);
  }
  const latest = useRef(readSeq);
  latest.current = readSeq;
  useEffect(() => {
    const changed = () => document.visibilityState === 'hidden' && setMark(latest.current);
    document.addEventListener('visibilitychange', changed);
    return () => document.removeEventListener('visibilitychange', changed);
  }, []);
  const isWriting = outgoing.length > 0;
  useEffect(() => {
    if (isWriting) setMark(null);
  }, [isWriting]);
  return mark;
}

function isNews(kind: Message['kind'], sender: Message['sender'], me: string | null): boolean {
  return kind !== 'SYSTEM' && sender?.userId !== me;
}

/** How many of ascending `numbers` are at least `least`. */
function countFrom(numbers: readonly number[], least: number): number {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numbers[middle]! < least) low = middle + 1;
    else high = middle;
  }
  return numbers.length - low;
}
