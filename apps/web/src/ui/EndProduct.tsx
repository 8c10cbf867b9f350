import type { Product } from '@gongu/shared';
import { type FormEvent, useId, useRef } from 'react';
import { useStrings } from '../i18n/LocaleProvider.tsx';
import { useSelling } from '../products/queries.ts';
import { Failure } from './Failure.tsx';

/** A seller's two ways to end recruitment: with what there is, or not at all. */
export function EndProduct({ product }: { readonly product: Product }) {
  const strings = useStrings();
  const id = useId();
  const { close, cancel } = useSelling(product.id);
  const dialog = useRef<HTMLDialogElement>(null);
  const reason = useRef<HTMLTextAreaElement>(null);
  if (product.status !== 'RECRUITING') return null;
  const isEnough = product.participantCount >= product.minParticipants;

  function submit(event: FormEvent): void {
    event.preventDefault();
    cancel.mutate(reason.current?.value.trim() ?? '');
  }
  return (
    <div className="end-product">
      {close.isError && <Failure error={close.error} />}
      <p className="row">
        <button
          type="button"
          disabled={!isEnough || close.isPending}
          aria-describedby={`${id}-hint`}
          onClick={() => close.mutate()}
        >
          {close.isPending ? strings.closing : strings.closeProduct}
        </button>
        <button type="button" className="danger" onClick={() => dialog.current?.showModal()}>
          {strings.cancelProduct}
        </button>
      </p>
      {!isEnough && <small id={`${id}-hint`}>{strings.closeHint(product.minParticipants)}</small>}
      <dialog ref={dialog} aria-labelledby={`${id}-title`}>
        <form onSubmit={submit}>
          <h2 id={`${id}-title`}>{strings.cancelTitle}</h2>
          <p>{strings.cancelText}</p>
          {cancel.isError && <Failure error={cancel.error} />}
          <div className="field">
            <label htmlFor={`${id}-reason`}>{strings.reason}</label>
            <textarea ref={reason} id={`${id}-reason`} rows={3} maxLength={500} />
          </div>
          <p className="row">
            <button type="submit" className="danger" disabled={cancel.isPending}>
              {cancel.isPending ? strings.cancelling : strings.cancelReally}
            </button>
            <button type="button" onClick={() => dialog.current?.close()}>
              {strings.keep}
            </button>
          </p>
        </form>
      </dialog>
    </div>
  );
}
