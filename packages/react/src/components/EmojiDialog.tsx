import { type FormEvent, useEffect, useId, useRef, useState } from 'react';
import { useToolStrings } from '../chat/useToolStrings.ts';

export interface EmojiDialogProps {
  readonly onChosen: (emoji: string) => void;
  /** Called in either case; the focus is back where it was. */
  readonly onClose: () => void;
}

/** Takes any emoji, from the system's own picker or the clipboard. */
export function EmojiDialog({ onChosen, onClose }: EmojiDialogProps) {
  const strings = useToolStrings();
  const titleId = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  const [text, setText] = useState('');
  useEffect(() => dialog.current?.showModal(), []);
  const emoji = text.trim();
  function submit(event: FormEvent): void {
    event.preventDefault();
    if (!isEmoji(emoji)) return;
    dialog.current?.close();
    onChosen(emoji);
  }
  return (
    <dialog ref={dialog} className="gongu-ask" aria-labelledby={titleId} onClose={onClose}>
      <form onSubmit={submit}>
        <p>
          <label>
            <span id={titleId}>{strings.oneEmoji}</span>{' '}
            <input
              className="gongu-line-field"
              value={text}
              maxLength={40}
              autoComplete="off"
              enterKeyHint="send"
              onChange={(event) => setText(event.target.value)}
            />
          </label>
        </p>
        <p>
          <button type="submit" disabled={!isEmoji(emoji)}>
            {strings.react}
          </button>
          <button type="button" onClick={() => dialog.current?.close()}>
            {strings.close}
          </button>
        </p>
      </form>
    </dialog>
  );
}

/** Whether it may be one emoji; which there are the server knows. */
function isEmoji(text: string): boolean {
  return [...new Intl.Segmenter().segment(text)].length === 1 && /\p{Extended_Pictographic}|\p{RI}|\u20e3/u.test(text);
}
