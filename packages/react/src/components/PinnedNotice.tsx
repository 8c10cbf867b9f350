import type { Message } from '@gongu/client';
import { useState } from 'react';
import { useStrings } from '../chat/chat-context.ts';
import { LinkedText } from './LinkedText.tsx';

/** Characters and lines up to which a notice is shown whole. */
const SHORT_CHARS = 90;
const SHORT_LINES = 3;

/** The newest notice that is known, above the messages, until the reader puts it away. */
export function PinnedNotice({ messages }: { readonly messages: readonly Message[] }) {
  const strings = useStrings();
  const [pinned, setPinned] = useState<Message | null>(null);
  const [hiddenSeq, setHiddenSeq] = useState(0);
  const [isWhole, setIsWhole] = useState(false);
  const newest = messages.findLast(({ kind }) => kind === 'NOTIFICATION');
  // It stays when one reads where it is not.
  if (newest && newest !== pinned && newest.seq >= (pinned?.seq ?? 0)) {
    setPinned(newest);
    setIsWhole(false);
  }
  if (!pinned || pinned.seq <= hiddenSeq) return null;
  const { content } = pinned;
  const isLong = content.length > SHORT_CHARS || content.split('\n').length > SHORT_LINES;
  return (
    <section className="gongu-pinned" aria-label={strings.pinnedNotice}>
      <strong className="gongu-badge">{strings.notice}</strong>
      <p data-cut={isLong && !isWhole}>
        <LinkedText text={content} />
      </p>
      {isLong && (
        <button type="button" aria-expanded={isWhole} onClick={() => setIsWhole(!isWhole)}>
          {isWhole ? strings.showLess : strings.showAll}
        </button>
      )}
      <button type="button" aria-label={strings.hideNotice} onClick={() => setHiddenSeq(pinned.seq)}>
        ×
      </button>
    </section>
  );
}
