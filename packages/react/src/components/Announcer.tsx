import type { Message } from '@gongu/client';
import { useEffect, useRef, useState } from 'react';
import { useToolStrings } from '../chat/useToolStrings.ts';
import { shownName } from '../strings/name-of.ts';
import { systemText } from './MessageItem.tsx';
import { wordsOf } from './ProductNotice.tsx';

export interface AnnouncerProps {
  readonly messages: readonly Message[];
  /** The own user's id: nobody needs to be read what he wrote. */
  readonly me: string | null;
  readonly isLive: boolean;
  /** Whose messages are not wanted. */
  readonly ignored: readonly string[];
}

/** Lines that stay in the log: enough for a screen reader that is behind. */
const KEPT = 10;

/**
 * Says new messages to those who can't see them. The list itself is no live region: rows that come into it because
 * somebody scrolls are not news.
 */
export function Announcer({ messages, me, isLive, ignored }: AnnouncerProps) {
  const strings = useToolStrings();
  const [lines, setLines] = useState<readonly { seq: number; text: string }[]>([]);
  const saidSeq = useRef<number | null>(null);
  useEffect(() => {
    const newest = messages.at(-1)?.seq;
    if (newest === undefined) return;
    const before = saidSeq.current;
    saidSeq.current = Math.max(before ?? 0, newest);
    // What was there when the room was entered, or came back all at once, is for reading, not for saying.
    if (before === null || !isLive || newest <= before) return;
    const isNews = ({ seq, sender }: Message) =>
      seq > before && (sender === null || (sender.userId !== me && !ignored.includes(sender.userId)));
    const fresh = messages.filter(isNews).slice(-KEPT);
    if (fresh.length === 0) return;
    const said = fresh.map((message) => ({
      seq: message.seq,
      text:
        message.kind === 'SYSTEM'
          ? systemText(message, strings)
          : `${message.sender ? shownName(message.sender, strings) : strings.notice}: ${wordsOf(message, strings)}`,
    }));
    setLines((kept) => [...kept, ...said].slice(-KEPT));
  }, [messages, me, isLive, ignored, strings]);
  return (
    <div className="gongu-hidden" role="log" aria-label={strings.messages}>
      {lines
        .filter(({ seq }) => !isDeleted(messages, seq))
        .map(({ seq, text }) => (
          <p key={seq}>{text}</p>
        ))}
    </div>
  );
}

/** Of messages without a gap. */
function isDeleted(messages: readonly Message[], seq: number): boolean {
  const message = messages[seq - (messages[0]?.seq ?? 0)];
  return message !== undefined && message.kind !== 'SYSTEM' && message.deletedAt !== undefined;
}
