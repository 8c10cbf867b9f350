import { useEffect, useId, useRef } from 'react';

export interface AskFirstProps {
  readonly text: string;
  readonly yes: string;
  readonly no: string;
  readonly onYes: () => void;
  /** Called in either case; the focus is back where it was. */
  readonly onClose: () => void;
}

/** Asks before something is done that can't be taken back. */
export function AskFirst({ text, yes, no, onYes, onClose }: AskFirstProps) {
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
      <p id={textId}>{text}</p>
      <p>
        <button
          type="button"
          data-danger="true"
          onClick={() => {
            dialog.current?.close();
            onYes();
          }}
        >
          {yes}
        </button>
        <button ref={keep} type="button" onClick={() => dialog.current?.close()}>
          {no}
        </button>
      </p>
    </dialog>
  );
}
