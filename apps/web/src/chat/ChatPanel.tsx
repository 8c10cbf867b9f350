import { ChatProvider, ChatRoom, type ChatRoomHandle, useChatRoom } from '@gongu/react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { useStrings } from '../i18n/LocaleProvider.tsx';
import { keys, usePurchase } from '../products/queries.ts';
import { Link } from '../routing/Link.tsx';
import { useLocation, useNavigate, useSearchParams } from '../routing/Router.tsx';
import { useServices } from '../session/SessionProvider.tsx';
import { shownName } from '../session/session.ts';
import { Failure } from '../ui/Failure.tsx';
import { Loading } from '../ui/Loading.tsx';
import { signInPath } from '../ui/paths.ts';
import { useTellRoom, useTellUnread } from './told.tsx';

export interface ChatPanelProps {
  readonly roomId: string;
  /** The product has ended, and its room takes nobody new. */
  readonly isOver: boolean;
}

/** A product's conversation. Seeing it is looking on; who writes or buys is in it. */
export function ChatPanel({ roomId, isOver }: ChatPanelProps) {
  const { locale } = useStrings();
  const { chat, session } = useServices();
  if (!session) return isOver ? <ChatOver /> : <ChatEntry />;
  if (!chat) return <Loading />;
  return (
    <ChatProvider client={chat} locale={locale}>
      <RoomOrEnd roomId={roomId} isOver={isOver} />
    </ChatProvider>
  );
}

/** What shows pushes, also while no page is open: see public/push-worker.js. */
function usePushWorker(): void {
  useEffect(() => {
    // Not everywhere: on a plain http:// address other than this machine's there is none.
    navigator.serviceWorker?.register('/push-worker.js').catch(() => {});
  }, []);
}

/** For those who were in it, the room; for whoever comes later, the end. */
function RoomOrEnd({ roomId, isOver }: ChatPanelProps) {
  const isClosed = useChatRoom(roomId, isClosedToMe);
  useBuyersDoor(roomId);
  usePushWorker();
  if (isOver && isClosed) return <ChatOver />;
  return (
    <>
      <TellPage roomId={roomId} />
      <Conversation roomId={roomId} />
    </>
  );
}

/** The room; what is found in other rooms leads there, by an address that names the message. */
function Conversation({ roomId }: { readonly roomId: string }) {
  const [params] = useSearchParams();
  const go = useNavigate();
  const message = params.get('message');
  return (
    <ChatRoom
      roomId={roomId}
      showMessage={message === null ? null : `${roomId}:${message}`}
      onOpenMessage={(found) => go(`/products/${encodeURIComponent(found.roomId)}?tab=chat&message=${found.seq}`)}
    />
  );
}

/** Tells the page around what it shows of its conversation. */
function TellPage({ roomId }: { readonly roomId: string }) {
  const { unread, sellerName, notice } = useChatRoom(roomId, ({ unread, participants, notice }) => {
    const host = participants.find(({ role }) => role === 'HOST');
    return { unread, sellerName: host ? shownName(host) : null, notice };
  });
  useTellUnread('open', unread);
  useTellRoom({ roomId, sellerName });
  useTellNotice(roomId, notice);
  return null;
}

/** Tells the newest notice. Before the conversation has known one, the page may know of it, and the conversation not yet. */
function useTellNotice(roomId: string, notice: ChatRoomHandle['notice']): void {
  const queries = useQueryClient();
  const userId = useServices().session?.userId ?? '';
  const told = useRef('');
  useEffect(() => {
    if (notice) told.current = roomId;
    if (told.current !== roomId) return;
    const queryKey = keys.notice(roomId, userId);
    // An answer that is on its way would be older.
    void queries.cancelQueries({ queryKey });
    queries.setQueryData(queryKey, notice);
  }, [queries, roomId, userId, notice]);
}

function isClosedToMe({ status, error }: ChatRoomHandle): boolean {
  return status === 'refused' && error?.code === 'ROOM_NOT_ACTIVE';
}

/** Milliseconds until the chat has probably been told of a purchase, and how often it is asked. */
const TOLD_MS = 1_000;
const TRIES = 20;

/** A purchase opens the room to whom it was closed, or who had to go for another buyer. */
function useBuyersDoor(roomId: string): void {
  const { isShut, rejoin } = useChatRoom(roomId, doorOf);
  const { data: purchase } = usePurchase(roomId);
  const tried = useRef({ bought: '', times: 0 });
  const bought = purchase?.joinedAt ?? '';
  useEffect(() => {
    if (tried.current.bought !== bought) tried.current = { bought, times: 0 };
    if (bought === '' || !isShut || tried.current.times >= TRIES) return;
    const timer = setTimeout(() => {
      tried.current.times++;
      rejoin();
    }, TOLD_MS);
    return () => clearTimeout(timer);
  }, [bought, isShut, rejoin]);
}

function doorOf({ status, goneReason, rejoin }: ChatRoomHandle) {
  return { isShut: status === 'refused' || (status === 'gone' && goneReason === 'GAVE_WAY'), rejoin };
}

function ChatOver() {
  const strings = useStrings();
  return (
    <section className="chat-entry" aria-label={strings.chat}>
      <h2>{strings.chat}</h2>
      <p>{strings.chatOver}</p>
    </section>
  );
}

/** The door to a conversation, for whoever has no name yet: as a guest at once, or by signing in. */
function ChatEntry() {
  const strings = useStrings();
  const { enterAsGuest } = useServices();
  const { pathname, search } = useLocation();
  const enter = useMutation({ mutationFn: enterAsGuest });
  return (
    <section className="chat-entry" aria-label={strings.chat}>
      <h2>{strings.chatEntry}</h2>
      <p>{strings.chatEntryText}</p>
      {enter.isError && <Failure error={enter.error} />}
      <button type="button" className="primary" disabled={enter.isPending} onClick={() => enter.mutate()}>
        {enter.isPending ? strings.entering : strings.enterAsGuest}
      </button>
      <Link className="button" to={signInPath(pathname + search)}>
        {strings.signIn}
      </Link>
    </section>
  );
}
