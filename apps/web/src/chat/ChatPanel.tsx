import { ChatProvider, ChatRoom, type ChatRoomHandle, useChatRoom } from '@gongu/react';
import { useMutation } from '@tanstack/react-query';
import { useStrings } from '../i18n/LocaleProvider.tsx';
import { Link } from '../routing/Link.tsx';
import { useLocation } from '../routing/Router.tsx';
import { useServices } from '../session/SessionProvider.tsx';
import { Failure } from '../ui/Failure.tsx';
import { Loading } from '../ui/Loading.tsx';
import { signInPath } from '../ui/paths.ts';

export interface ChatPanelProps {
  readonly roomId: string;
  /** The product has ended, and its room takes nobody new. */
  readonly isOver: boolean;
}

/** A product's conversation. Seeing it is being in its room. */
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

/** For those who were in it, the room; for whoever comes later, the end. */
function RoomOrEnd({ roomId, isOver }: ChatPanelProps) {
  const isClosed = useChatRoom(roomId, isClosedToMe);
  return isOver && isClosed ? <ChatOver /> : <ChatRoom roomId={roomId} />;
}

function isClosedToMe({ status, error }: ChatRoomHandle): boolean {
  return status === 'refused' && error?.code === 'ROOM_NOT_ACTIVE';
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
