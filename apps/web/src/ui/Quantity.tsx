import { useId, useState } from 'react';
import { useStrings } from '../i18n/LocaleProvider.tsx';

/** Most that one buyer can take; trade says so. */
const MOST = 99;

/** How many one takes. The field may be empty while it is written in; the number stays until there is another one. */
export function Quantity({ value, onChange }: { readonly value: number; readonly onChange: (value: number) => void }) {
  const strings = useStrings();
  const id = useId();
  // What is written, as long as it is no number that can be taken; null: the number.
  const [draft, setDraft] = useState<string | null>(null);
  function set(next: number): void {
    setDraft(null);
    onChange(Math.min(MOST, Math.max(1, next)));
  }
  function write(text: string): void {
    if (/^0*[1-9]\d*$/.test(text)) set(Number(text));
    else setDraft(text);
  }
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
        value={draft ?? value}
        onChange={(event) => write(event.target.value)}
        onBlur={() => setDraft(null)}
      />
      <button type="button" aria-label={strings.moreOne} disabled={value >= MOST} onClick={() => set(value + 1)}>
        +
      </button>
    </div>
  );
}
