import { type Product, readAmount, writeAmount } from '@gongu/shared';
import { useId, useState } from 'react';
import { dealStrings } from '../i18n/deal-strings.ts';
import { useStrings } from '../i18n/LocaleProvider.tsx';

/** Most tiers that trade takes. */
const MOST_TIERS = 10;

export interface DealFieldsProps {
  /** Of a product that is there already, only tiers can change, as long as nobody takes part. */
  readonly product: Pick<Product, 'participantCount' | 'priceTiers' | 'notices'> | undefined;
  /** ISO 4217, of all amounts. */
  readonly currency: string;
  /** The tiers can not be offered as they are written. */
  readonly isWrong: boolean;
}

/** How a product is sold beyond its price: tiers, payment and a waiting list. */
export function DealFields({ product, currency, isWrong }: DealFieldsProps) {
  const strings = dealStrings(useStrings().locale);
  const id = useId();
  // Keys of the rows that are there; what is written stands in the controls.
  const [rows, setRows] = useState<readonly number[]>(() => (product?.priceTiers ?? []).map((_, at) => at));
  const isFixed = product !== undefined && product.participantCount > 0;
  const described = isWrong ? `${id}-rule` : `${id}-hint`;
  return (
    <>
      <fieldset className="tier-fields">
        <legend>{strings.tiers}</legend>
        <small id={`${id}-hint`}>{isFixed ? strings.tiersFixed : strings.tiersHint}</small>
        {isWrong && (
          <small id={`${id}-rule`} className="rule" role="alert">
            {strings.tiers}: {strings.tiersRule}
          </small>
        )}
        {rows.map((row, at) => {
          const tier = product?.priceTiers[row];
          const control = { required: true, readOnly: isFixed, 'aria-invalid': isWrong, 'aria-describedby': described };
          return (
            <div key={row} className="tier-row">
              <input
                {...control}
                type="number"
                name="tierPeople"
                min={2}
                aria-label={strings.tierPeople(at + 1)}
                placeholder={strings.tierPeople(at + 1)}
                defaultValue={tier?.minParticipants}
              />
              <input
                {...control}
                name="tierAmount"
                inputMode="decimal"
                autoComplete="off"
                aria-label={strings.tierPrice(at + 1)}
                placeholder={strings.tierPrice(at + 1)}
                defaultValue={tier && writeAmount({ amount: tier.amount, currency })}
              />
              {!isFixed && (
                <button
                  type="button"
                  aria-label={strings.removeTier(at + 1)}
                  onClick={() => setRows(rows.filter((one) => one !== row))}
                >
                  ×
                </button>
              )}
            </div>
          );
        })}
        {!isFixed && rows.length < MOST_TIERS && (
          <button type="button" onClick={() => setRows([...rows, Math.max(-1, ...rows) + 1])}>
            {strings.addTier}
          </button>
        )}
      </fieldset>
      {product ? null : <Check name="payment" label={strings.payment} hint={strings.paymentHint} />}
      {product ? null : <Check name="waitingList" label={strings.waitingList} hint={strings.waitingHint} />}
      <Check name="notices" label={strings.notices} hint={strings.noticesHint} isOn={product?.notices ?? true} />
    </>
  );
}

interface CheckProps {
  readonly name: string;
  readonly label: string;
  readonly hint: string;
  /** At first. @default false */
  readonly isOn?: boolean;
}

function Check({ name, label, hint, isOn = false }: CheckProps) {
  const id = useId();
  return (
    <div className="check">
      <input id={id} type="checkbox" name={name} defaultChecked={isOn} aria-describedby={`${id}-hint`} />
      <label htmlFor={id}>{label}</label>
      <small id={`${id}-hint`}>{hint}</small>
    </div>
  );
}

/** The tiers that are written in the form; what is no number is NaN. */
export function tiersIn(form: FormData, currency: string): Product['priceTiers'] {
  const amounts = form.getAll('tierAmount').map(String);
  return form.getAll('tierPeople').map((people, at) => ({
    minParticipants: /^\d{1,6}$/.test(String(people)) ? Number(people) : Number.NaN,
    amount: readAmount(amounts[at] ?? '', currency) ?? Number.NaN,
  }));
}
