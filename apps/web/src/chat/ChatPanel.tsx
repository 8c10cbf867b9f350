import { ChatProvider, ChatRoom, useChatRoom } from '@gongu/react';
import { useMutation } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { Link, useLocation } from 'react-router';
import { useStrings } from '../i18n/LocaleProvider.tsx';
import { useServices } from '../session/SessionProvider.tsx';
import { Failure } from '../ui/Failure.tsx';
import { signInPath } from '../ui/paths.ts';

/** Milliseconds before a room that is not there is asked for again, doubling up to the second. */
const AGAIN_MS = 500;
const AGAIN_MAX_MS = 15_000;

/** A product's conversation. Seeing it is being in its room. */
export function ChatPanel({ roomId }: { readonly roomId: string }) {
  const { locale } = useStrings();
  const { chat } = useServices();
  if (!chat) return <ChatEntry />;
  return (
    <ChatProvider client={chat} locale={locale}>
      <Opening key={roomId} roomId={roomId} />
      <ChatRoom roomId={roomId} />
    </ChatProvider>
  );
}

/** A new product's room comes a moment after the product: trade tells chat of it in its own time. */
function Opening({ roomId }: { readonly roomId: string }) {
  const { status, error, rejoin } = useChatRoom(roomId);
  const tries = useRef(0);
  const isMissing = status === 'refused' && error?.code === 'NOT_FOUND';
  useEffect(() => {
    if (!isMissing) return;
    const timer = setTimeout(rejoin, Math.min(AGAIN_MAX_MS, AGAIN_MS * 2 ** tries.current++));
    return () => clearTimeout(timer);
  }, [isMissing, rejoin]);
  return null;
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
