import { type ChatMessage, type Message, type Outgoing, parseMessageId } from '@gongu/client';
import { createElement, type ReactNode, useCallback, useEffect, useMemo, useState } from 'react';
import { useStrings } from '../chat/chat-context.ts';
import type { ChatRoomHandle } from '../chat/useChatRoom.ts';
import { nameOf } from '../strings/name-of.ts';
import { readKept, writeKept } from './kept.ts';
import type { MessageEdit, MessageInputProps } from './MessageInput.tsx';
import { ToldByTrade } from './MessageItem.tsx';
import { isOfProduct, isSaid, textOf } from './message-actions.ts';

/** What the field is for, besides a message: no text, which may be deleted meanwhile. */
interface About {
  /** `messageId` of the message that is answered. */
  readonly replyTo?: string | undefined;
  /** By its place and version; or one that was still on its way, by its `clientMessageId`. */
  readonly edit?: { readonly which: number | string; readonly version?: number } | undefined;
}

const NOTHING: About = {};

/**
 * What is written in a room: an answer, an edit, or neither; kept for this tab, over other pages and a reload.
 *
 * @param key of the person and the room; null: not known yet
 */
export function useComposer(room: Omit<ChatRoomHandle, 'typing'>, key: string | null) {
  const { deleted, notice } = useStrings();
  const { loadParticipants } = room;
  const [about, setAbout] = useState<About>(NOTHING);
  const [text, setText] = useState('');
  const [readKey, setReadKey] = useState<string | null>(null);
  if (key !== null && readKey !== key) {
    setReadKey(key);
    setAbout(parse(readKept('about', key)));
    setText('');
  }
  const change = useCallback(
    (next: About) => {
      setAbout(next);
      if (key !== null) writeKept('about', key, next === NOTHING ? '' : JSON.stringify(next));
    },
    [key],
  );
  const cancel = useCallback(() => change(NOTHING), [change]);
  const reply = useCallback((message: Message) => change({ replyTo: message.messageId }), [change]);
  const edit = useCallback(
    (message: Message | Outgoing, from: string) => {
      // Whom it mentions is read from the text again, by their names.
      if ('mentions' in message && message.mentions) void loadParticipants();
      setText(from);
      change({
        edit:
          'status' in message ? { which: message.clientMessageId } : { which: message.seq, version: message.version },
      });
    },
    [change, loadParticipants],
  );

  const { messages, quoted, outgoing, me, edit: ask, lookUp, status } = room;
  const answered = useMemo(
    () =>
      about.replyTo === undefined
        ? null
        : (messages.find(({ messageId }) => messageId === about.replyTo) ??
          quoted.find(({ messageId }) => messageId === about.replyTo)),
    [messages, quoted, about.replyTo],
  );
  // After a reload it may be older than what is here.
  const missing = status === 'live' && !answered ? parseMessageId(about.replyTo ?? '') : null;
  const missingSeq = missing?.seq ?? null;
  useEffect(() => {
    if (missingSeq !== null) lookUp(missingSeq);
  }, [missingSeq, lookUp]);
  const { which, version } = about.edit ?? {};
  const edited = useMemo(
    () =>
      which === undefined
        ? undefined
        : (messages.find(
            ({ seq, sender, clientMessageId }) => seq === which || (sender?.userId === me && clientMessageId === which),
          ) ?? outgoing.find(({ clientMessageId }) => clientMessageId === which)),
    [messages, outgoing, me, which],
  );
  // What is on its way is said, too.
  const said = edited && isSaid(edited as Message) ? (edited as ChatMessage & Partial<Outgoing>) : null;

  const editing: MessageEdit | null =
    which === undefined
      ? null
      : {
          id: `${which}.${version}`,
          content: text || (said?.content ?? ''),
          hasFiles: (said?.files ?? said?.attachments ?? []).length > 0,
          mentions: said?.mentions ?? [],
          // The same text again is no edit.
          save: (content, mentioned) =>
            said?.content === content ? { ok: true, value: '' } : ask(which, content, version, mentioned),
          cancel,
        };
  const replyTo: MessageInputProps['replyTo'] =
    about.replyTo === undefined
      ? null
      : {
          name: answered?.sender ? nameOf(answered.sender) : answered ? notice : '',
          content: answered ? quoteOf(answered, deleted) : '…',
          cancel,
        };
  return { replyTo, replyToId: about.replyTo, editing, reply, edit, cancel };
}

function quoteOf(message: Message, deleted: string): ReactNode {
  if (isSaid(message) && isOfProduct(message)) {
    return createElement(ToldByTrade, { message });
  }
  return isSaid(message) || message.kind === 'SYSTEM' ? textOf(message) : deleted;
}

function parse(kept: string): About {
  try {
    return kept === '' ? NOTHING : (JSON.parse(kept) as About);
  } catch {
    return NOTHING;
  }
}
