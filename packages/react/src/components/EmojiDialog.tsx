import { useState } from 'react';
import { useToolStrings } from '../chat/useToolStrings.ts';
import { FormDialog } from './FormDialog.tsx';

export interface EmojiDialogProps {
  readonly onChosen: (emoji: string) => void;
  /** Called in either case; the focus is back where it was. */
  readonly onClose: () => void;
}

/** Takes any emoji, from the system's own picker or the clipboard. */
export function EmojiDialog({ onChosen, onClose }: EmojiDialogProps) {
  const strings = useToolStrings();
  const [text, setText] = useState('');
  const emoji = text.trim();
  return (
    <FormDialog
      title={strings.oneEmoji}
      yes={strings.react}
      isReady={isEmoji(emoji)}
      onYes={() => onChosen(emoji)}
      onClose={onClose}
    >
      <input
        className="gongu-line-field"
        aria-label={strings.oneEmoji}
        value={text}
        maxLength={40}
        autoComplete="off"
        enterKeyHint="send"
        onChange={(event) => setText(event.target.value)}
      />
    </FormDialog>
  );
}

/** Whether it may be one emoji; which there are the server knows. */
function isEmoji(text: string): boolean {
  return [...new Intl.Segmenter().segment(text)].length === 1 && /\p{Extended_Pictographic}|\p{RI}|\u20e3/u.test(text);
}
