import { ChatProvider, ChatRoom, useChatRoom } from '@gongu/react';
import { useEffect, useRef } from 'react';
import { useStrings } from '../i18n/LocaleProvider.tsx';
import { useServices } from '../session/SessionProvider.tsx';
import { ChatEntry } from './ChatEntry.tsx';

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
