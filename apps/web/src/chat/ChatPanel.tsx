import { ChatProvider, ChatRoom } from '@gongu/react';
import { useMutation } from '@tanstack/react-query';
import { Link, useLocation } from 'react-router';
import { useStrings } from '../i18n/LocaleProvider.tsx';
import { useServices } from '../session/SessionProvider.tsx';
import { Failure } from '../ui/Failure.tsx';
import { signInPath } from '../ui/paths.ts';

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
