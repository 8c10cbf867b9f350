import { ChatProvider, ChatRoom } from '@gongu/react';
import { useStrings } from '../i18n/LocaleProvider.tsx';
import { useServices } from '../session/SessionProvider.tsx';
import { ChatEntry } from './ChatEntry.tsx';

/** A product's conversation. Seeing it is being in its room. */
export function ChatPanel({ roomId }: { readonly roomId: string }) {
  const { locale } = useStrings();
  const { chat } = useServices();
  if (!chat) return <ChatEntry />;
  return (
    <ChatProvider client={chat} locale={locale}>
      <ChatRoom roomId={roomId} />
    </ChatProvider>
  );
}
