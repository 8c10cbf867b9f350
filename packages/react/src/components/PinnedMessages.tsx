import type { ChatMessage } from '@gongu/client';
import { useState } from 'react';
import { useToolStrings } from '../chat/useToolStrings.ts';
import { isBy, isOfProduct, saidBy } from './message-actions.ts';
import { productNoticeText } from './ProductNotice.tsx';

export interface PinnedMessagesProps {
  /** Newest first, at least one. */
  readonly pinned: readonly ChatMessage[];
  /** Whose messages are not wanted. */
  readonly ignored: readonly string[];
  /** Shows a message among the others. */
  readonly onGoTo: (messageId: string) => void;
  /** Takes one away; absent: one may not. */
  readonly onUnpin?: ((seq: number) => void) | undefined;
}

/** What is pinned, a line each, above the messages: the newest, and the others when they are asked for. */
export function PinnedMessages({ pinned, ignored, onGoTo, onUnpin }: PinnedMessagesProps) {
  const strings = useToolStrings();
  const [showsAll, setShowsAll] = useState(false);
  const shown = showsAll ? pinned : pinned.slice(0, 1);
  return (
    <section className="gongu-pins" aria-label={strings.pinnedMessages}>
      <ul>
        {shown.map((message) => (
          <li key={message.seq}>
            <button type="button" className="gongu-pin" onClick={() => onGoTo(message.messageId)}>
              <span aria-hidden="true">📌</span>{' '}
              <bdi>
                {isBy(message, ignored)
                  ? strings.ignored
                  : isOfProduct(message)
                    ? productNoticeText(message, strings)
                    : saidBy(message, strings, strings.unreadable)}
              </bdi>
            </button>
            {onUnpin && (
              <button type="button" aria-label={strings.unpin} onClick={() => onUnpin(message.seq)}>
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
