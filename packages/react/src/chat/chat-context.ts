import type { ChatClient } from '@gongu/client';
import { createContext, useContext } from 'react';
import type { ChatStrings } from '../strings/strings.ts';
import type { ToolStrings } from '../strings/tool-strings.ts';

export type AllStrings = ChatStrings & ToolStrings;

export interface Chat {
  readonly client: ChatClient;
  readonly strings: ChatStrings;
  readonly language: 'ko' | 'en';
  /** Hours and minutes: made once, which costs more than its use. */
  readonly timeOfDay: Intl.DateTimeFormat;
  /** What the page says in place of the language's texts. */
  readonly own: Partial<AllStrings>;
}

export const ChatContext = createContext<Chat | null>(null);

/** What the provider above gives. @throws Error where there is no provider */
export function useChat(): Chat {
  const chat = useContext(ChatContext);
  if (!chat) throw new Error('There is no ChatProvider above this component');
  return chat;
}

/** The client of the provider above: `connect`, `myRooms` and all that the hooks do not cover. */
export function useChatClient(): ChatClient {
  return useChat().client;
}

/** The texts of the provider above. */
export function useStrings(): ChatStrings {
  return useChat().strings;
}
