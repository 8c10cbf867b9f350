import {
  type ChatMessage,
  hasReacted,
  type Message,
  mentionsUser,
  type Outgoing,
  type OutgoingChange,
  parseMessageId,
} from '@gongu/client';
import { type KeyboardEvent, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useStrings } from '../chat/chat-context.ts';
import type { ChatRoomHandle } from '../chat/useChatRoom.ts';
import { useChoices } from '../chat/useChoices.ts';
import { useConnection } from '../chat/useConnection.ts';
import { nameOf } from '../strings/name-of.ts';
import type { FilesPlace } from './files-place.ts';
import { LazyPart } from './LazyPart.tsx';
import { MessageItem, type MessageParts } from './MessageItem.tsx';
import { mentionedNames } from './mentions.ts';
import { isAtMessage, isBy } from './message-actions.ts';
import { type MessageRow, messageRows, shapeOf } from './message-rows.ts';
import { useHistoryScroll } from './useHistoryScroll.ts';
import { useMessageMenu } from './useMessageMenu.tsx';
import { useRowFocus } from './useRowFocus.ts';
import { useUnreadMark } from './useUnreadMark.ts';

export interface MessageListProps {
  /** What `useChatRoom` gave; it may lack who is typing. */
  readonly room: Omit<ChatRoomHandle, 'typing'>;
  /** Offers to answer a message. */
  readonly onReply?: ((message: Message) => void) | undefined;
  /** Offers to edit an own message, from that text on, also one on its way: that one by its `clientMessageId`. */
  readonly onEdit?: ((message: Message | Outgoing, content: string) => void) | undefined;
  /** What the page puts into messages. */
  readonly parts?: MessageParts | undefined;
  /** A message to be led to; another object leads there again. */
  readonly goTo?: { readonly messageId: string } | null;
}

const NONE: readonly MessageRow[] = [];
/** Milliseconds for which a message that one was led to is marked. */
const FOUND_MS = 2_000;

/** The messages of a room, from its first to its newest, with those on their way. */
export function MessageList({ room, onReply, onEdit, parts, goTo = null }: MessageListProps) {
  const strings = useStrings();
  const { messages, outgoing, changing, you, hasOlder, hasNewer, participants } = room;
  const { loadOlder, loadNewer, read, retry, discard, jumpTo, lookUp, quoted } = room;
  const { user } = useConnection();
  // Who has left and looks on has written what he has written.
  const me = you?.userId ?? user?.userId ?? null;
  const { seq: unreadAfterSeq, isSought } = useUnreadMark(room);
  const [kept] = useState(() => ({
    heads: new Set<number>(),
    memory: { times: new WeakMap<Message, number>(), last: null },
  }));
  const [files] = useState<FilesPlace>(() => ({ roomId: room.roomId, links: null }));
  const rows = useMemo(
    () => (isSought ? NONE : messageRows({ messages, outgoing, me, hasOlder, hasNewer, unreadAfterSeq, ...kept })),
    [isSought, messages, outgoing, me, hasOlder, hasNewer, unreadAfterSeq, kept],
  );
  const [activeKey, setActiveKey] = useState<string | null>(null);
  const [menuKey, setMenuKey] = useState<string | null>(null);
  const pages = { hasOlder, hasNewer, loadOlder, loadNewer };
  const scroll = useHistoryScroll({
    ...{ rows, ...pages, onSeen: read, startKey: 'unread', keepKey: menuKey ?? activeKey },
    shapeOf: (index) => shapeOf(rows[index]!),
  });
  const { isAtEnd, seenSeq, scrollToEnd, scrollToKey, scrollerRef, lastVisibleIndex } = scroll;

  const toEnd = useCallback(async () => {
    await jumpTo(null);
    scrollToEnd();
  }, [jumpTo, scrollToEnd]);

  const focus = useRowFocus({ rows, scrollerRef, lastVisibleIndex, hasNewer, toEnd, activeKey, setActiveKey });

  const { ignored, muted } = useChoices();
  const menu = useMessageMenu({ room, ignored, rows, me, scrollerRef, menuKey, setMenuKey, onReply, onEdit });

  // What one writes oneself is shown, wherever one has been reading.
  const newestOwn = outgoing.at(-1)?.queuedAtMs ?? 0;
  const shownOwn = useRef(newestOwn);
  useEffect(() => {
    // One that waits for its files is the last again once a later text is there.
    if (newestOwn <= shownOwn.current) return;
    shownOwn.current = newestOwn;
    void toEnd();
  }, [newestOwn, toEnd]);

  const names = useMemo(() => new Map(participants.map((each) => [each.userId, nameOf(each)])), [participants]);
  const readMarks = useMemo(
    () =>
      participants
        .filter(({ userId }) => userId !== me)
        .map(({ lastReadSeq }) => lastReadSeq)
        .sort((a, b) => b - a),
    [participants, me],
  );
  const changes = useMemo(
    () => new Map<number, OutgoingChange>(changing.filter(isAtMessage).map((draft) => [draft.change.seq, draft])),
    [changing],
  );
  /** A message that is answered, where it is at hand. */
  function answered(messageId: string): Message | null {
    // They are without a gap.
    const near = messages[(parseMessageId(messageId)?.seq ?? 0) - (messages[0]?.seq ?? 0)];
    return near?.messageId === messageId ? near : (quoted.find((each) => each.messageId === messageId) ?? null);
  }
  const askFor = useCallback(
    (messageId: string) => {
      const { seq } = parseMessageId(messageId) ?? {};
      if (seq !== undefined) lookUp(seq);
    },
    [lookUp],
  );
  const [target, setTarget] = useState<string | null>(null);
  const [foundKey, setFoundKey] = useState<string | null>(null);
  const { focusKey } = focus;
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
    if (goTo) void quote(goTo.messageId);
  }, [goTo, quote]);
  useEffect(() => {
    const row =
      target === null ? undefined : rows.find((each) => 'message' in each && each.message.messageId === target);
    if (!row) return;
    setTarget(null);
    scrollToKey(row.key);
    focusKey(row.key);
    setFoundKey(row.key);
  }, [target, rows, scrollToKey, focusKey]);
  useEffect(() => {
    if (foundKey === null) return;
    const timer = setTimeout(() => setFoundKey(null), FOUND_MS);
    return () => clearTimeout(timer);
  }, [foundKey]);

  const isLive = room.status === 'live' && !hasNewer && !muted.includes(room.roomId);
  let fresh = 0;
  for (let i = messages.length - 1; !isAtEnd && i >= 0 && messages[i]!.seq > seenSeq; i--) {
    if (isNews(messages[i]!, me, ignored)) fresh++;
  }
  return (
    <div className="gongu-list">
      {(room.isLoadingOlder || isSought) && (
        <p className="gongu-loading" role="status">
          {strings.loading}
        </p>
      )}
      <section
        ref={scrollerRef}
        className="gongu-scroller"
        aria-label={strings.messages}
        aria-busy={room.status === 'joining' || isSought}
        tabIndex={-1}
        onKeyDown={(event: KeyboardEvent) => {
          if (!menu.onKeyDown(event)) focus.onKeyDown(event);
        }}
        onFocus={focus.onFocus}
        onBlur={focus.onBlur}
      >
        <ol className="gongu-rows" style={{ height: scroll.totalPx }}>
          {scroll.items.map(({ key, index, start }) => {
            const row = rows[index];
            if (!row) return null;
            const message = 'message' in row ? row.message : null;
            const said = message ?? ('outgoing' in row ? row.outgoing : null);
            const { replyTo } = said ?? {};
            const quotedMessage = replyTo ? answered(replyTo) : null;
            const isStop = row.key === focus.stopKey;
            return (
              <li
                key={key}
                ref={scroll.measureRef}
                data-index={index}
                data-seq={row.seq ?? undefined}
                data-found={row.key === foundKey}
                className="gongu-row"
                aria-setsize={hasOlder || hasNewer ? -1 : rows.length}
                aria-posinset={index + 1}
                style={{ transform: `translateY(${start}px)` }}
                tabIndex={isStop ? 0 : -1}
              >
                <MessageItem
                  row={row}
                  isStop={isStop}
                  hostId={room.room?.hostId ?? null}
                  readBy={row.kind === 'chat' && row.isMine ? countTo(readMarks, row.seq) : 0}
                  quoted={quotedMessage}
                  isIgnored={isBy(message, ignored)}
                  isQuotedIgnored={isBy(quotedMessage, ignored)}
                  onRetry={retry}
                  onDiscard={discard}
                  mentioned={said && said.kind !== 'SYSTEM' ? mentionedNames(said, names, strings.everyone) : ''}
                  mentionsMe={row.kind === 'chat' && !row.isMine && mentionsUser(row.message, room.me)}
                  reacted={ownReactions(room, message)}
                  onReact={menu.onReact}
                  change={changes.get(row.seq ?? 0) ?? null}
                  onMenu={menu.open}
                  isMenuOpen={row.key === menuKey}
                  onEdit={onEdit}
                  onQuote={quote}
                  onLookUp={askFor}
                  parts={parts}
                  files={files}
                />
              </li>
            );
          })}
        </ol>
      </section>
      {room.unreadMentions > 0 && !isAtEnd && (
        <LazyPart load={loadPill} props={{ room, onGoTo: quote }} onFailed={nothing} />
      )}
      {!isAtEnd && !isSought && (
        <button type="button" className="gongu-pill" onClick={() => void toEnd()}>
          {fresh > 0 ? strings.newMessages(fresh) : strings.toNewest}
        </button>
      )}
      {menu.element}
      <LazyPart load={loadLongPress} props={{ around: scrollerRef, onPress: menu.openAt }} onFailed={nothing} />
      <LazyPart load={loadAnnouncer} props={{ messages, me, isLive, ignored }} onFailed={nothing} />
    </div>
  );
}

const loadPill = async () => (await import('./MentionPill.tsx')).MentionPill;
const loadLongPress = async () => (await import('./LongPress.tsx')).LongPress;
const loadAnnouncer = async () => (await import('./Announcer.tsx')).Announcer;
/** Without a connection there is no news either. */
function nothing(): void {}

function isNews({ kind, sender }: Message, me: string | null, ignored: readonly string[]): boolean {
  return kind !== 'SYSTEM' && (sender === null || (sender.userId !== me && !ignored.includes(sender.userId)));
}

/** By what one has reacted to it, with a blank between each: the same text as long as that is the same. */
function ownReactions(room: Pick<ChatRoomHandle, 'me' | 'ownReactions'>, message: Message | null): string {
  const { reactions } = (message ?? {}) as Partial<ChatMessage>;
  const own = reactions?.filter(({ emoji }) => hasReacted(room, message as ChatMessage, emoji));
  return own?.map(({ emoji }) => emoji).join(' ') ?? '';
}

/** How many of descending `numbers` are at least `least`. */
function countTo(numbers: readonly number[], least: number): number {
  const end = numbers.findIndex((number) => number < least);
  return end < 0 ? numbers.length : end;
}
