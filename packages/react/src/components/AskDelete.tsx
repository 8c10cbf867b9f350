import { useEffect, useId, useRef } from 'react';
import { useToolStrings } from '../chat/useToolStrings.ts';

export interface AskDeleteProps {
  readonly onYes: () => void;
  /** Called in either case; the focus is back where it was. */
  readonly onClose: () => void;
}

/** Asks before a message is deleted. */
export function AskDelete({ onYes, onClose }: AskDeleteProps) {
  const strings = useToolStrings();
  const textId = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  const keep = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    dialog.current?.showModal();
    // Not on what does it: Enter may still be down.
    keep.current?.focus();
  }, []);
  return (
    <dialog ref={dialog} role="alertdialog" className="gongu-ask" aria-labelledby={textId} onClose={onClose}>
      <p id={textId}>{strings.askDelete}</p>
      <p>
        <button
          type="button"
          data-danger="true"
          onClick={() => {
            dialog.current?.close();
            onYes();
          }}
        >
          {strings.delete}
        </button>
        <button ref={keep} type="button" onClick={() => dialog.current?.close()}>
          {strings.keep}
        </button>
      </p>
    </dialog>
  );
}
