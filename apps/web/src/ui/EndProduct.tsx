import type { Product } from '@gongu/shared';
import { useId, useRef } from 'react';
import { useStrings } from '../i18n/LocaleProvider.tsx';
import { useSelling } from '../products/queries.ts';
import { Link } from '../routing/Link.tsx';
import { AskFirst } from './AskFirst.tsx';

/** What a seller can do with a product that recruits: change it, and end it with what there is, or not at all. */
export function EndProduct({ product }: { readonly product: Product }) {
  const strings = useStrings();
  const id = useId();
  const { close, cancel } = useSelling(product.id);
  const reason = useRef<HTMLTextAreaElement>(null);
  if (product.status !== 'RECRUITING') return null;
  const isEnough = product.committedCount >= product.minParticipants;
  return (
    <div className="end-product">
      <div className="row">
        <Link className="button" to={`/sell/${product.id}/edit`}>
          {strings.edit}
        </Link>
        <AskFirst
          label={strings.closeProduct}
          disabled={!isEnough}
          describedBy={`${id}-hint`}
          title={strings.closeTitle}
          text={strings.closeText(product.committedCount)}
          yes={close.isPending ? strings.closing : strings.closeReally}
          isPending={close.isPending}
          error={close.error}
          onYes={() => close.mutate()}
        />
        <AskFirst
          label={strings.cancelProduct}
          isDanger
          title={strings.cancelTitle}
          text={strings.cancelText}
          yes={cancel.isPending ? strings.cancelling : strings.cancelReally}
          isPending={cancel.isPending}
          error={cancel.error}
          onYes={() => cancel.mutate(reason.current?.value.trim() ?? '')}
        >
          <div className="field">
            <label htmlFor={`${id}-reason`}>{strings.reason}</label>
            <textarea ref={reason} id={`${id}-reason`} rows={3} maxLength={500} />
          </div>
        </AskFirst>
      </div>
      {!isEnough && <small id={`${id}-hint`}>{strings.closeHint(product.minParticipants)}</small>}
    </div>
  );
}
