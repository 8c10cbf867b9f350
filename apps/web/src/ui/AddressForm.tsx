import type { Address } from '@gongu/shared';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { ApiError } from '../api/api-error.ts';
import { type AddressField, addressStrings } from '../i18n/address-strings.ts';
import { useStrings } from '../i18n/LocaleProvider.tsx';
import { Failure } from './Failure.tsx';
import { Field } from './Field.tsx';

export interface AddressFormProps {
  /** What was given before. */
  readonly address?: Address;
  readonly isPending: boolean;
  readonly error: unknown;
  /** `refused` leads to the fields that the service names. */
  readonly onSubmit: (address: Address, refused: (error: unknown) => void) => void;
}

/** In the order in which Koreans give an address: the postal code first. Each with what browsers fill in by themselves. */
const FIELDS: readonly {
  name: AddressField;
  most: number;
  autoComplete: string;
  isOptional?: true;
  inputMode?: 'numeric' | 'tel';
}[] = [
  // Room for blanks that are pasted along.
  { name: 'postalCode', most: 12, autoComplete: 'shipping postal-code', inputMode: 'numeric' },
  { name: 'line1', most: 200, autoComplete: 'shipping address-line1' },
  { name: 'line2', most: 100, autoComplete: 'shipping address-line2', isOptional: true },
  { name: 'recipient', most: 50, autoComplete: 'shipping name' },
  { name: 'phone', most: 30, autoComplete: 'shipping tel', inputMode: 'tel' },
  { name: 'memo', most: 200, autoComplete: 'off', isOptional: true },
];

/** Where a purchase is sent. What is wrong is told in the page's language, each at its field. */
export function AddressForm({ address, isPending, error, onSubmit }: AddressFormProps) {
  const { locale } = useStrings();
  const strings = addressStrings(locale);
  const form = useRef<HTMLFormElement>(null);
  const [wrong, setWrong] = useState<readonly AddressField[]>([]);
  // Counts refusals: each one leads to its field, also where the same fields are wrong again.
  const [refusals, setRefusals] = useState(0);
  const first = useRef<AddressField | undefined>(undefined);

  useEffect(() => {
    const control = refusals > 0 && first.current && form.current?.elements.namedItem(first.current);
    if (control instanceof HTMLElement) control.focus();
  }, [refusals]);

  function refuse(fields: readonly AddressField[]): void {
    first.current = fields[0];
    setWrong(fields);
    setRefusals((before) => before + 1);
  }
  function submit(event: FormEvent<HTMLFormElement>): void {
    event.preventDefault();
    const data = new FormData(event.currentTarget);
    const written = Object.fromEntries(
      FIELDS.flatMap(({ name, inputMode }) => {
        const text = String(data.get(name) ?? '').trim();
        const told = inputMode ? plain(text) : text;
        return told === '' ? [] : [[name, told]];
      }),
    ) as unknown as Address;
    const found = FIELDS.filter(({ name, isOptional }) => !isRight(name, written[name] ?? '', isOptional));
    refuse(found.map(({ name }) => name));
    if (found.length > 0) return;
    onSubmit(written, (refusal) => {
      const paths = refusal instanceof ApiError ? refusal.fields.map(({ path }) => path) : [];
      refuse(FIELDS.map(({ name }) => name).filter((name) => paths.includes(name)));
    });
  }
  function edit({ target }: FormEvent<HTMLFormElement>): void {
    if (target instanceof HTMLElement && 'name' in target)
      setWrong((before) => before.filter((name) => name !== target.name));
  }
  return (
    <form ref={form} className="address-form" noValidate onSubmit={submit} onInput={edit}>
      {error !== null && wrong.length === 0 && <Failure error={error} />}
      {FIELDS.map(({ name, most, autoComplete, isOptional, inputMode }) => (
        <Field
          key={name}
          name={name}
          label={strings.labels[name]}
          rule={wrong.includes(name) ? strings.rules[name] : null}
        >
          {(control) => (
            <input
              {...control}
              {...(inputMode ? { inputMode } : {})}
              required={isOptional !== true}
              maxLength={most}
              autoComplete={autoComplete}
              defaultValue={address?.[name]}
            />
          )}
        </Field>
      ))}
      <button type="submit" className="primary" disabled={isPending}>
        {isPending ? strings.saving : strings.save}
      </button>
    </form>
  );
}

/** Some keyboards write digits of full width, or dashes for hyphens; and what is copied from a list of contacts has marks of its direction. */
function plain(text: string): string {
  const plainer = text.normalize('NFKC').replace(/\p{Cf}/gu, '');
  return plainer.replace(/\p{Pd}|\u2212/gu, '-').trim();
}

/** Trade has the last word. */
function isRight(name: AddressField, text: string, isOptional = false): boolean {
  if (text === '') return isOptional;
  if (name === 'postalCode') return /^\d{5}$/.test(text);
  if (name === 'phone') return /^(?:\+82|\(?0|1[568])[\d ().-]{6,16}$/.test(text);
  return true;
}
