import { type ChatClient, type ChatClientOptions, createChatClient } from '@gongu/client';
import { type ReactNode, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import { english } from '../strings/english.ts';
import { korean } from '../strings/korean.ts';
import type { ChatStrings } from '../strings/strings.ts';
import type { ToolStrings } from '../strings/tool-strings.ts';
import { ChatContext } from './chat-context.ts';

export interface ChatProviderProps {
  readonly children?: ReactNode;
  /** Where the chat service is: `https://shop.example`. */
  readonly url?: string;
  /** Gives the user's token; may be another function with each render. For another user, give the provider another `key`. */
  readonly token?: ChatClientOptions['token'];
  /** The client's further options, as they are at the first render. */
  readonly options?: Omit<ChatClientOptions, 'url' | 'token'>;
  /** A client of your own in place of `url` and `token`; connecting and disconnecting it is yours. */
  readonly client?: ChatClient;
  /** Language of the components. Default: that of the browser where it is Korean, else English. */
  readonly locale?: 'ko' | 'en';
  /** Texts that differ from those of the language. */
  readonly strings?: Partial<ChatStrings & ToolStrings>;
}

/** Gives the hooks and components below their client and their texts, and connects while it is mounted. */
export function ChatProvider({ children, url, token, options, client: given, locale, strings }: ChatProviderProps) {
  const latestToken = useRef(token);
  latestToken.current = token;
  const [made] = useState(() =>
    given
      ? null
      : createChatClient({
          ...options,
          // A server that renders has no location, and connects to nothing.
          url: url ?? globalThis.location?.origin ?? '',
          token: (asked) => latestToken.current?.(asked) ?? null,
        }),
  );
  const client = given ?? made!;
  useConnected(made);

  const language = useLanguage(locale);
  const chat = useMemo(() => {
    const all = { ...(language === 'ko' ? korean : english), ...strings };
    const timeOfDay = new Intl.DateTimeFormat(all.locale, { hour: 'numeric', minute: '2-digit' });
    return { client, language, own: strings ?? {}, strings: all, timeOfDay };
  }, [client, language, strings]);
  // `.Provider`: without it, React 18 takes it for a consumer.
  return <ChatContext.Provider value={chat}>{children}</ChatContext.Provider>;
}

/**
 * Connects while mounted. The disconnection waits a moment: StrictMode unmounts and mounts again at once, and a connection
 * that is cut for that would be made twice.
 */
function useConnected(client: ChatClient | null): void {
  const pending = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => {
    clearTimeout(pending.current);
    client?.connect();
    return () => {
      pending.current = setTimeout(() => client?.disconnect(), 0);
    };
  }, [client]);
}

/** The given language, else the browser's; that of the server which has rendered the page until the browser has taken over. */
function useLanguage(given: 'ko' | 'en' | undefined): 'ko' | 'en' {
  const own = useSyncExternalStore(
    neverChanges,
    () => (navigator.language.toLowerCase().startsWith('ko') ? 'ko' : 'en'),
    () => 'en' as const,
  );
  return given ?? own;
}

function neverChanges(): () => void {
  return () => {};
}
