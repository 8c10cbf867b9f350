import { mentionsUser } from '@gongu/client';
import { useEffect, useState } from 'react';
import type { ChatRoomHandle } from '../chat/useChatRoom.ts';
import { useToolStrings } from '../chat/useToolStrings.ts';

export interface MentionPillProps {
  readonly room: Omit<ChatRoomHandle, 'typing'>;
  readonly onGoTo: (messageId: string) => void;
}

/** Leads to the first message that mentions one and was not read; its page may have to be loaded. */
export function MentionPill({ room, onGoTo }: MentionPillProps) {
  const strings = useToolStrings();
  const { me, readSeq, unreadMentions, messages, jumpTo } = room;
  const [seeks, setSeeks] = useState(false);
  const first = messages.find((message) => message.seq > readSeq && mentionsUser(message, me))?.messageId;
  useEffect(() => {
    if (!seeks || first === undefined) return;
    setSeeks(false);
    onGoTo(first);
  }, [seeks, first, onGoTo]);
  async function go(): Promise<void> {
    if (first === undefined) await jumpTo(readSeq + 1);
    setSeeks(true);
  }
  return (
    <button type="button" className="gongu-pill gongu-to-mention" onClick={() => void go()}>
      {strings.toMention(unreadMentions)}
    </button>
  );
}
