import { type Message, parseMessageId } from '@gongu/client';
import { createElement, type ReactNode, useCallback, useEffect, useMemo, useState } from 'react';
import { useStrings } from '../chat/chat-context.ts';
import type { ChatRoomHandle } from '../chat/useChatRoom.ts';
import { nameOf } from '../strings/name-of.ts';
import { readKept, writeKept } from './kept.ts';
import type { MessageEdit, MessageInputProps } from './MessageInput.tsx';
import { ToldByTrade } from './MessageItem.tsx';
import { filesOf, isOfProduct, isSaid, textOf } from './message-actions.ts';

/** What the field is for, besides a message: no text, which may be deleted meanwhile. */
interface About {
  /** `messageId` of the message that is answered. */
  readonly replyTo?: string | undefined;
  readonly edit?: { readonly seq: number; readonly version: number } | undefined;
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
    (message: Message, from: string) => {
      // Whom it mentions is read from the text again, by their names.
      if (isSaid(message) && message.mentions) void loadParticipants();
      setText(from);
      change({ edit: { seq: message.seq, version: message.version } });
    },
    [change, loadParticipants],
  );

  const { messages, quoted, edit: ask, lookUp, status } = room;
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
  const edited = useMemo(
    () => (about.edit === undefined ? null : messages.find(({ seq }) => seq === about.edit?.seq)),
    [messages, about.edit],
  );

  const editing: MessageEdit | null = about.edit
    ? {
        id: `${about.edit.seq}.${about.edit.version}`,
        content: text || (edited && isSaid(edited) ? edited.content : ''),
        hasFiles: !!edited && filesOf(edited).length > 0,
        mentions: (edited && isSaid(edited) && edited.mentions) || [],
        // The same text again is no edit.
        save: (content, mentioned) =>
          edited && isSaid(edited) && edited.content === content
            ? { ok: true, value: '' }
            : ask(about.edit!.seq, content, about.edit!.version, mentioned),
        cancel,
      }
    : null;
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
