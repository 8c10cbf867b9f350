import { ChatProvider } from '@gongu/react';
import type { ReactNode } from 'react';
import { useStrings } from '../i18n/LocaleProvider.tsx';
import { useServices } from '../session/SessionProvider.tsx';

/** What needs the chat of whoever is signed in; nothing where nobody is. */
export function SignedIn({ children }: { readonly children: ReactNode }) {
  const { locale } = useStrings();
  const { chat } = useServices();
  return (
    chat && (
      <ChatProvider client={chat} locale={locale}>
        {children}
      </ChatProvider>
    )
  );
}
