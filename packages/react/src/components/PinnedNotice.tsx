import type { ChatMessage } from '@gongu/client';
import { useState } from 'react';
import { useToolStrings } from '../chat/useToolStrings.ts';
import { LinkedText } from './LinkedText.tsx';
import { textOf } from './message-actions.ts';

/** Characters and lines up to which a notice is shown whole. */
const SHORT_CHARS = 90;
const SHORT_LINES = 3;

/** The newest notice, above the messages, until the reader puts it away. */
export function PinnedNotice({ notice }: { readonly notice: ChatMessage | null }) {
  const strings = useToolStrings();
  const [hiddenSeq, setHiddenSeq] = useState(0);
  const [wholeSeq, setWholeSeq] = useState(0);
  // With a newer one the older are put away, also where that one is deleted.
  if (!notice || notice.seq <= hiddenSeq) return null;
  const { seq } = notice;
  const content = textOf(notice);
  const isLong = content.length > SHORT_CHARS || content.split('\n').length > SHORT_LINES;
  const isWhole = wholeSeq === seq;
  return (
    <section className="gongu-pinned" aria-label={strings.pinnedNotice}>
      <strong className="gongu-badge">{strings.notice}</strong>
      {/* Another text, another element: see LinkedText. A stop for Tab: a very long one scrolls. */}
      <p key={content} data-cut={isLong && !isWhole} {...(isWhole ? { tabIndex: 0 } : {})}>
        <LinkedText text={content} />
      </p>
      {isLong && (
        <button type="button" aria-expanded={isWhole} onClick={() => setWholeSeq(isWhole ? 0 : seq)}>
          {isWhole ? strings.showLess : strings.showAll}
        </button>
      )}
      <button type="button" aria-label={strings.hideNotice} onClick={() => setHiddenSeq(seq)}>
        ×
      </button>
    </section>
  );
}
