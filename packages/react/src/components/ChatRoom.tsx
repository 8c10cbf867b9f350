import type { ChatMessage } from '@gongu/client';
import { useEffect, useId, useMemo, useRef, useState } from 'react';
import { useStrings } from '../chat/chat-context.ts';
import { type ChatRoomHandle, useChatRoom } from '../chat/useChatRoom.ts';
import { useChoices } from '../chat/useChoices.ts';
import { useConnection } from '../chat/useConnection.ts';
import { nameOf } from '../strings/name-of.ts';
import { LazyPart } from './LazyPart.tsx';
import { MessageInput } from './MessageInput.tsx';
import type { MessageParts } from './MessageItem.tsx';
import { MessageList } from './MessageList.tsx';
import { actingContext, mayEdit, mayMute } from './message-actions.ts';
import type { PinnedMessagesProps } from './PinnedMessages.tsx';
import { RoomNotice } from './RoomNotice.tsx';
import { useComposer } from './useComposer.ts';

export interface ChatRoomProps {
  readonly roomId: string;
  /** `dark` or `light` whatever the system says. Default: as the system. */
  readonly theme?: 'light' | 'dark';
  /** Whether Enter sends; see `MessageInput`. */
  readonly enterSends?: boolean;
  /** What the page puts into messages. */
  readonly parts?: MessageParts;
  /** `messageId` of a message to be led to, once the room is there; another one leads there. */
  readonly showMessage?: string | null;
  /** Shows a message of another room: with it, one's other rooms can be searched too. */
  readonly onOpenMessage?: (message: ChatMessage) => void;
}

/** A whole room: its title, its people, its messages and the field for writing. Fills the element it is in. */
export function ChatRoom(props: ChatRoomProps) {
  const { roomId, theme, enterSends, parts, showMessage = null, onOpenMessage } = props;
  const strings = useStrings();
  const room = useChatRoom(roomId, withoutTyping);
  const connection = useConnection();
  const { ignored } = useChoices();
  const { contentChars, user } = connection;
  const { send, setTyping, loadParticipants, pin } = room;
  const me = room.you?.userId ?? null;
  const [goTo, setGoTo] = useState<{ readonly messageId: string } | null>(null);
  const [shownRoom, setShownRoom] = useState(roomId);
  // Another room is shown: one is led to no number of the one before.
  if (shownRoom !== roomId) {
    setShownRoom(roomId);
    setGoTo(null);
  }
  const [aside, setAside] = useState<'people' | 'search' | null>(null);
  const showsPeople = aside === 'people';
  // Once there was one, what was put away is remembered.
  const hadNotice = useRef(false);
  hadNotice.current ||= room.notice !== null;
  const asideRef = useRef<HTMLDivElement>(null);
  const ledTo = useRef<string | null>(null);
  const isLive = room.status === 'live';
  useEffect(() => {
    if (!isLive || showMessage === ledTo.current) return;
    ledTo.current = showMessage;
    if (showMessage !== null) setGoTo({ messageId: showMessage });
  }, [isLive, showMessage]);
  const searching = {
    roomId,
    onOpen: onOpenMessage,
    onGoTo({ messageId }: ChatMessage) {
      // On a telephone it stands above the messages.
      if (asideRef.current && getComputedStyle(asideRef.current).position === 'absolute') setAside(null);
      setGoTo({ messageId });
    },
  };
  const peopleId = useId();
  const draftKey = user && `${user.userId}.${roomId}`;
  const composer = useComposer(room, draftKey);
  const isLooking = room.room !== null && room.you === null && (room.status === 'live' || room.status === 'stale');
  const canWrite = (room.you !== null || isLooking) && room.room?.status !== 'CANCELLED';
  /** The last message that one may edit. */
  function editLast(): void {
    if (room.hasNewer || !canWrite) return;
    const context = actingContext(room, user?.userId ?? null, connection);
    const last =
      room.outgoing.findLast(({ status }) => status !== 'sent') ??
      room.messages.findLast((message) => mayEdit(message, context));
    if (last) composer.edit(last, last.content);
  }

  const acting = actingContext(room, user?.userId ?? null, connection);
  const [, muteEnded] = useState(0);
  const slowSeconds = acting.isHost || acting.isAdmin || !canWrite ? 0 : (room.room?.slowModeSeconds ?? 0);
  const standing = {
    muted: acting.isMuted ? room.muted : null,
    // No row tells of it.
    onMuteEnd: () => muteEnded((times) => times + 1),
    ...{ slowSeconds, slowUntilMs: room.slowUntilMs, clockOffsetMs: connection.clockOffsetMs },
  };

  const loadPeopleOf = () => {
    if (room.participants.length < (room.room?.participantCount ?? 0)) void loadParticipants();
  };
  const others = useMemo(() => room.participants.filter(({ userId }) => userId !== me), [room.participants, me]);
  const pinned: PinnedMessagesProps = {
    ...{ pinned: room.pinned, ignored, onGoTo: (messageId) => setGoTo({ messageId }) },
    onUnpin: mayMute(acting) ? (seq) => void pin(seq, false) : undefined,
  };

  return (
    <section
      className="gongu-room"
      data-theme={theme}
      data-people={showsPeople}
      aria-label={room.room?.title ?? roomId}
    >
      <header className="gongu-header">
        {room.room ? (
          <h2>
            <bdi>{room.room.title}</bdi>
          </h2>
        ) : (
          <span className="gongu-no-title" />
        )}
        {room.room && (
          <span className="gongu-status" data-status={room.room.status}>
            {strings.status[room.room.status]}
          </span>
        )}
        {room.you !== null && (
          <button
            type="button"
            className="gongu-find"
            aria-expanded={aside === 'search'}
            aria-controls={peopleId}
            onClick={() => setAside(aside === 'search' ? null : 'search')}
          >
            {strings.showSearch}
          </button>
        )}
        <button
          type="button"
          className="gongu-show-people"
          aria-expanded={showsPeople}
          aria-controls={peopleId}
          onClick={() => setAside(showsPeople ? null : 'people')}
        >
          <span className="gongu-hidden">{strings.showParticipants}</span>{' '}
          <span>{room.room?.participantCount ?? '–'}</span>
        </button>
      </header>
      <RoomNotice room={room} />
      {hadNotice.current && <LazyPart key={`notice-${roomId}`} load={loadNotice} props={{ notice: room.notice }} />}
      {room.pinned.length > 0 && <LazyPart load={loadPinned} props={pinned} />}
      <div className="gongu-body">
        <div className="gongu-talk">
          <MessageList
            key={roomId}
            room={room}
            goTo={goTo}
            parts={parts}
            onReply={canWrite ? composer.reply : undefined}
            onEdit={canWrite ? composer.edit : undefined}
          />
          <Typing roomId={roomId} />
          {isLooking && <p className="gongu-looking">{strings.looking}</p>}
          {slowSeconds > 0 && !standing.muted && <LazyPart load={loadStanding} props={standing} />}
        </div>
        <div id={peopleId} ref={asideRef} className="gongu-aside" hidden={aside === null}>
          {aside === 'search' && <LazyPart key={roomId} load={loadSearch} props={searching} />}
          {showsPeople && (
            <LazyPart key={roomId} load={loadPeople} props={{ roomId, room, isModerator: mayMute(acting) }} />
          )}
        </div>
      </div>
      <MessageInput
        key={`input-${roomId}`}
        onSend={(draft) => {
          const { replyToId } = composer;
          const sent = send({ ...draft, ...(replyToId === undefined ? {} : { replyTo: replyToId }) });
          if (sent.ok && replyToId !== undefined) composer.cancel();
          return sent;
        }}
        onEditLast={editLast}
        onTyping={setTyping}
        mayNotify={acting.isHost}
        contentChars={contentChars}
        draftKey={draftKey}
        closed={
          closedBecause(room, strings.readOnly) ?? (standing.muted && <LazyPart load={loadStanding} props={standing} />)
        }
        people={others}
        mayMentionAll={acting.isHost}
        onMention={loadPeopleOf}
        filesOf={room.you === null ? null : roomId}
        replyTo={composer.replyTo}
        editing={composer.editing}
        enterSends={enterSends}
      />
    </section>
  );
}

const loadNotice = async () => (await import('./PinnedNotice.tsx')).PinnedNotice;
const loadPinned = async () => (await import('./PinnedMessages.tsx')).PinnedMessages;
const loadSearch = async () => (await import('./MessageSearch.tsx')).MessageSearch;
const loadStanding = async () => (await import('./Standing.tsx')).Standing;
const loadPeople = async () => (await import('./RoomPeople.tsx')).RoomPeople;

/** What of a room does not change with each key that somebody presses. */
function withoutTyping({ typing: _, ...room }: ChatRoomHandle): Omit<ChatRoomHandle, 'typing'> {
  return room;
}

/** Who is writing: apart from the rest, which is not rendered for it. */
function Typing({ roomId }: { readonly roomId: string }) {
  const strings = useStrings();
  const { ignored } = useChoices();
  const typing = useChatRoom(roomId, (room) => room.typing).filter(({ userId }) => !ignored.includes(userId));
  return (
    <p className="gongu-typing" role="status">
      {typing.length > 0 && strings.typing(typing.map(nameOf))}
    </p>
  );
}

/** Why nothing can be written here; null where it can. Before the first answer it can: it is sent after the join. */
function closedBecause(room: Pick<ChatRoomHandle, 'room' | 'status'>, readOnly: string): string | null {
  if (room.room?.status === 'CANCELLED') return readOnly;
  // What happened is told above the messages.
  return room.status === 'gone' || room.status === 'refused' ? readOnly : null;
}
