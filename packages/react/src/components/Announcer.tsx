import type { Message } from '@gongu/client';
import { useEffect, useRef, useState } from 'react';
import { useStrings } from '../chat/chat-context.ts';
import { nameOf } from '../strings/name-of.ts';
import { systemText } from './MessageItem.tsx';

export interface AnnouncerProps {
  readonly messages: readonly Message[];
  /** The own user's id: nobody needs to be read what he wrote. */
  readonly me: string | null;
  readonly isLive: boolean;
}

/** Lines that stay in the log: enough for a screen reader that is behind. */
const KEPT = 10;

/**
 * Says new messages to those who can't see them. The list itself is no live region: rows that come into it because
 * somebody scrolls are not news.
 */
export function Announcer({ messages, me, isLive }: AnnouncerProps) {
  const strings = useStrings();
  const [lines, setLines] = useState<readonly { seq: number; text: string }[]>([]);
  const saidSeq = useRef<number | null>(null);
  useEffect(() => {
    const newest = messages.at(-1)?.seq;
    if (newest === undefined) return;
    const before = saidSeq.current;
    saidSeq.current = Math.max(before ?? 0, newest);
    // What was there when the room was entered, or came back all at once, is for reading, not for saying.
    if (before === null || !isLive) return;
    const fresh = messages.filter(({ seq, sender }) => seq > before && sender?.userId !== me).slice(-KEPT);
    if (fresh.length === 0) return;
    const said = fresh.map((message) => ({
      seq: message.seq,
      text:
        message.kind === 'SYSTEM'
          ? systemText(message, strings)
          : `${message.sender ? nameOf(message.sender) : strings.notice}: ${message.content}`,
    }));
    setLines((kept) => [...kept, ...said].slice(-KEPT));
  }, [messages, me, isLive, strings]);
  return (
    <div className="gongu-hidden" role="log" aria-label={strings.messages}>
      {lines.map(({ seq, text }) => (
        <p key={seq}>{text}</p>
      ))}
    </div>
  );
}
