import type { ChatMessage } from '@gongu/client';
import { useState } from 'react';
import { useStrings } from '../chat/chat-context.ts';
import { nameOf } from '../strings/name-of.ts';

export interface PinnedMessagesProps {
  /** Newest first. */
  readonly pinned: readonly ChatMessage[];
  /** Shows a message among the others. */
  readonly onGoTo: (messageId: string) => void;
  /** Takes one away; absent: one may not. */
  readonly onUnpin?: (seq: number) => void;
}

/** What is pinned, a line each, above the messages: the newest, and the others when they are asked for. */
export function PinnedMessages({ pinned, onGoTo, onUnpin }: PinnedMessagesProps) {
  const strings = useStrings();
  const [showsAll, setShowsAll] = useState(false);
  if (pinned.length === 0) return null;
  const shown = showsAll ? pinned : pinned.slice(0, 1);
  return (
    <section className="gongu-pins" aria-label={strings.pinnedMessages}>
      <ul>
        {shown.map(({ seq, messageId, sender, content }) => (
          <li key={seq}>
            <button type="button" className="gongu-pin" onClick={() => onGoTo(messageId)}>
              <span aria-hidden="true">📌</span> <bdi>{`${sender ? `${nameOf(sender)}: ` : ''}${content}`}</bdi>
            </button>
            {onUnpin && (
              <button type="button" aria-label={strings.unpin} onClick={() => onUnpin(seq)}>
                ×
              </button>
            )}
          </li>
        ))}
      </ul>
      {pinned.length > 1 && (
        <button type="button" aria-expanded={showsAll} onClick={() => setShowsAll(!showsAll)}>
          {showsAll ? strings.showLess : strings.morePinned(pinned.length - 1)}
        </button>
      )}
    </section>
  );
}
