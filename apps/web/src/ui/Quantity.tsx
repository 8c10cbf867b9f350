import { useId } from 'react';
import { useStrings } from '../i18n/LocaleProvider.tsx';

/** Most that one buyer can take; trade says so. */
const MOST = 99;

export function Quantity({ value, onChange }: { readonly value: number; readonly onChange: (value: number) => void }) {
  const strings = useStrings();
  const id = useId();
  const set = (next: number) => onChange(Math.min(MOST, Math.max(1, Math.trunc(next) || 1)));
  return (
    <div className="quantity">
      <label htmlFor={id}>{strings.quantity}</label>
      <button type="button" aria-label={strings.fewer} disabled={value <= 1} onClick={() => set(value - 1)}>
        −
      </button>
      <input
        id={id}
        type="number"
        inputMode="numeric"
        min={1}
        max={MOST}
        value={value}
        onChange={(event) => set(event.target.valueAsNumber)}
      />
      <button type="button" aria-label={strings.moreOne} disabled={value >= MOST} onClick={() => set(value + 1)}>
        +
      </button>
    </div>
  );
}
