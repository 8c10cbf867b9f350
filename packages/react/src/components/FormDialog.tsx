import { type ReactNode, useEffect, useId, useRef } from 'react';
import { useToolStrings } from '../chat/useToolStrings.ts';

export interface FormDialogProps {
  readonly title: string;
  /** What its button says that takes what was chosen. */
  readonly yes: string;
  /** Whether that can be pressed. Default: it can. */
  readonly isReady?: boolean;
  readonly onYes: () => void;
  /** Called in either case; the focus is back where it was. */
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** Asks for something before it is done. */
export function FormDialog({ title, yes, isReady = true, onYes, onClose, children }: FormDialogProps) {
  const strings = useToolStrings();
  const titleId = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} className="gongu-ask" aria-labelledby={titleId} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (!isReady) return;
          dialog.current?.close();
          onYes();
        }}
      >
        <h2 id={titleId}>{title}</h2>
        {children}
        <p>
          <button type="submit" disabled={!isReady}>
            {yes}
          </button>
          <button type="button" onClick={() => dialog.current?.close()}>
            {strings.cancel}
          </button>
        </p>
      </form>
    </dialog>
  );
}
