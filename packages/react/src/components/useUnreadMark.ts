import { useEffect, useRef, useState } from 'react';
import type { ChatRoomHandle } from '../chat/useChatRoom.ts';

export interface UnreadMark {
  /** The last message that was read when the reader came; null: there is nothing to divide. */
  readonly seq: number | null;
  /** The first page does not reach back to it, and the messages around it are on their way. */
  readonly isSought: boolean;
}

type Read = Pick<
  ChatRoomHandle,
  'status' | 'you' | 'readSeq' | 'unread' | 'lastSeq' | 'messages' | 'hasOlder' | 'outgoing' | 'jumpTo'
>;

/**
 * Where the reader left off: his mark when the room was entered, and anew each time when the page goes out of sight. What
 * he writes himself ends it. Where more is unread than a first page holds, the room is led back to the mark, once: whoever
 * began at the end would have skipped what is in between.
 */
export function useUnreadMark(room: Read): UnreadMark {
  const { status, you, readSeq, unread, lastSeq, messages, hasOlder, outgoing, jumpTo } = room;
  const [seq, setSeq] = useState<number | null>(null);
  const [isEntered, setIsEntered] = useState(false);
  const [isSought, setIsSought] = useState(false);
  if (status === 'live' && !isEntered) {
    setIsEntered(true);
    if (readSeq < lastSeq) {
      setSeq(readSeq);
      // A first page that begins right after the mark lacks the row above the divider.
      const reachesMark = !hasOlder || (messages[0]?.seq ?? 0) <= readSeq;
      setIsSought(you !== null && unread > 0 && !reachesMark);
    }
  }

  const hasAsked = useRef(false);
  useEffect(() => {
    if (!isSought || hasAsked.current || seq === null) return;
    hasAsked.current = true;
    // Who has read nothing yet begins at the first of all. What can't be loaded leaves the first page as it is.
    void jumpTo(Math.max(1, seq)).then(() => setIsSought(false));
  }, [isSought, seq, jumpTo]);

  const latest = useRef(readSeq);
  latest.current = readSeq;
  useEffect(() => {
    const changed = () => document.visibilityState === 'hidden' && setSeq(latest.current);
    document.addEventListener('visibilitychange', changed);
    return () => document.removeEventListener('visibilitychange', changed);
  }, []);
  const isWriting = outgoing.length > 0;
  useEffect(() => {
    if (isWriting) setSeq(null);
  }, [isWriting]);
  return { seq, isSought };
}
