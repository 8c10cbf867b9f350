import { type FormEvent, type ReactNode, useId, useRef } from 'react';
import { useStrings } from '../i18n/LocaleProvider.tsx';
import { Failure } from './Failure.tsx';

export interface AskFirstProps {
  /** Of the button that asks. */
  readonly label: string;
  readonly isDanger?: boolean;
  readonly disabled?: boolean;
  /** Id of what says more about the button. */
  readonly describedBy?: string;
  readonly title: string;
  readonly text: string;
  /** Of the button that does it. */
  readonly yes: string;
  readonly isPending: boolean;
  /** Why it was not done; null: nothing has failed. */
  readonly error: unknown;
  readonly onYes: () => void;
  /** Fields to fill in before. */
  readonly children?: ReactNode;
}

/** A button for what can not be undone: it asks before it does it. Whoever uses it takes it away once it is done. */
export function AskFirst(props: AskFirstProps) {
  const { label, isDanger = false, disabled = false, describedBy, title, text, yes, isPending, error, onYes } = props;
  const strings = useStrings();
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  const keep = useRef<HTMLButtonElement>(null);

  function ask(): void {
    dialog.current?.showModal();
    // Not on what does it: Enter may still be down.
    if (!props.children) keep.current?.focus();
  }
  function submit(event: FormEvent): void {
    event.preventDefault();
    onYes();
  }
  const look = isDanger ? { className: 'danger' } : {};
  return (
    <>
      <button type="button" {...look} disabled={disabled} aria-describedby={describedBy} onClick={ask}>
        {label}
      </button>
      <dialog ref={dialog} aria-labelledby={id}>
        <form onSubmit={submit}>
          <h2 id={id}>{title}</h2>
          <p>{text}</p>
          {error !== null && <Failure error={error} />}
          {props.children}
          <p className="row">
            <button type="submit" {...look} disabled={isPending}>
              {yes}
            </button>
            <button ref={keep} type="button" onClick={() => dialog.current?.close()}>
              {strings.keep}
            </button>
          </p>
        </form>
      </dialog>
    </>
  );
}
