import { type Product, readAmount, writeAmount } from '@gongu/shared';
import { type FormEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import { ApiError } from '../api/api-error.ts';
import type { NewProduct } from '../api/trade.ts';
import { dealStrings } from '../i18n/deal-strings.ts';
import { useStrings } from '../i18n/LocaleProvider.tsx';
import { useFacets } from '../products/queries.ts';
import { areTiers, FIELD_NAMES, type FieldName, tagsIn, wrongFields } from '../products/wrong-fields.ts';
import { useServices } from '../session/SessionProvider.tsx';
import { DealFields, tiersIn } from './DealFields.tsx';
import { Failure } from './Failure.tsx';
import { Field } from './Field.tsx';
import { PicturesField } from './PicturesField.tsx';

const WEEK_MS = 7 * 86_400_000;

export interface ProductFormProps {
  /** What is in the form at first. Default: an offer for a week, to two to ten people. */
  readonly product?: Omit<NewProduct, 'pictures'> & Pick<Product, 'participantCount' | 'pictures'>;
  /** Of the button that sends it. */
  readonly label: string;
  readonly isPending: boolean;
  /** Why it was refused; null: it was not. */
  readonly error: unknown;
  /** `refused` leads to the fields that the service names. */
  readonly onSubmit: (fields: NewProduct, refused: (error: unknown) => void) => void;
  readonly children?: ReactNode;
}

/** What a seller says of a product. What is wrong is told in the page's language, each at its field. */
export function ProductForm({ product, label, isPending, error, onSubmit, children }: ProductFormProps) {
  const strings = useStrings();
  const { clock } = useServices();
  const form = useRef<HTMLFormElement>(null);
  const [openedMs] = useState(clock.now);
  const [wrong, setWrong] = useState<readonly FieldName[]>([]);
  const [arePicturesWrong, setPicturesWrong] = useState(false);
  const [areTiersWrong, setTiersWrong] = useState(false);
  const [currency, setCurrency] = useState(product?.price.currency ?? 'KRW');
  const [mostDays, setMostDays] = useState<string | null>(null);
  // Counts refusals: each one leads to its field, also where the same fields are wrong again.
  const [refusals, setRefusals] = useState(0);
  const first = useRef<string | undefined>(undefined);
  const buyers = product?.participantCount ?? 0;
  const facets = useFacets().data;

  useEffect(() => {
    const control = refusals > 0 && first.current && form.current?.elements.namedItem(first.current);
    // Of several by one name, the first.
    const wrongOne = control instanceof RadioNodeList ? control[0] : control;
    if (wrongOne instanceof HTMLElement) wrongOne.focus();
  }, [refusals]);

  function refuse(fields: readonly FieldName[], tiersToo: boolean): void {
    first.current = fields[0] ?? (tiersToo ? 'tierPeople' : undefined);
    setWrong(fields);
    setTiersWrong(tiersToo);
    setRefusals((before) => before + 1);
  }
  function submit(event: FormEvent<HTMLFormElement>): void {
    event.preventDefault();
    const data = new FormData(event.currentTarget);
    setMostDays(null);
    const found = wrongFields(writtenIn(data), clock.now(), currency, buyers);
    const fields = fieldsOf(data, currency);
    const tiersToo = !areTiers(fields.priceTiers, fields.price.amount, fields.maxParticipants);
    refuse(found, tiersToo && !found.includes('price') && !found.includes('maxParticipants'));
    const arePending = data.has('picturesPending');
    setPicturesWrong(arePending);
    if (found.length > 0 || tiersToo || arePending) return;
    onSubmit({ ...fields, deadline: new Date(fields.deadline).toISOString() }, (refusal) => {
      const refused = refusal instanceof ApiError ? refusal.fields : [];
      const paths = refused.map(({ path }) => path.split('.')[0]);
      // How far away it may be is trade's setting, which its refusal names.
      setMostDays(refused.find(({ path }) => path === 'deadline')?.message.match(/\d+(?= days)/)?.[0] ?? null);
      refuse(
        FIELD_NAMES.filter((name) => paths.includes(name)),
        paths.includes('priceTiers'),
      );
    });
  }
  function edit({ target }: FormEvent<HTMLFormElement>): void {
    if (target instanceof HTMLElement && 'name' in target)
      setWrong((before) => before.filter((name) => name !== target.name));
  }
  function ruleOf(name: FieldName): string {
    if (name === 'maxParticipants' && buyers > 0) return strings.fewerThanBuyers(buyers);
    if (name === 'deadline' && mostDays !== null) return strings.deadlineWithin(mostDays);
    return strings.rules[name];
  }
  const field = (name: FieldName) => ({
    name,
    label: strings[name],
    rule: wrong.includes(name) ? ruleOf(name) : null,
  });
  return (
    <form ref={form} className="panel" noValidate onSubmit={submit} onInput={edit}>
      {error !== null && <Failure error={error} />}
      <Field {...field('title')}>
        {(control) => <input {...control} required maxLength={200} autoComplete="off" defaultValue={product?.title} />}
      </Field>
      <Field {...field('description')}>
        {(control) => <textarea {...control} rows={4} maxLength={20_000} defaultValue={product?.description} />}
      </Field>
      <Field {...field('category')} hint={strings.categoryHint}>
        {(control) => (
          <>
            <input
              {...control}
              maxLength={80}
              autoComplete="off"
              list={`${control.id}-list`}
              defaultValue={product?.category ?? ''}
            />
            <datalist id={`${control.id}-list`}>
              {facets?.categories.map(({ name }) => (
                <option key={name} value={name} />
              ))}
            </datalist>
          </>
        )}
      </Field>
      <Field {...field('tags')} hint={strings.tagsHint}>
        {(control) => (
          <input {...control} maxLength={1_000} autoComplete="off" defaultValue={product?.tags.join(', ')} />
        )}
      </Field>
      <PicturesField pictures={product?.pictures ?? []} isWrong={arePicturesWrong} />
      <Field {...field('imageUrl')} hint={strings.imageHint}>
        {(control) => <input {...control} type="url" maxLength={2_048} defaultValue={product?.imageUrl ?? ''} />}
      </Field>
      <Field {...field('price')} {...(product ? { hint: strings.editHint } : {})}>
        {(control) => (
          <input
            {...control}
            inputMode="decimal"
            required
            autoComplete="off"
            readOnly={product !== undefined}
            defaultValue={product && writeAmount(product.price)}
          />
        )}
      </Field>
      {!product && <CurrencyField value={currency} onChoose={setCurrency} />}
      <Field {...field('deadline')}>
        {(control) => (
          <input
            {...control}
            type="datetime-local"
            required
            min={localTime(openedMs)}
            defaultValue={localTime(product ? Date.parse(product.deadline) : openedMs + WEEK_MS)}
          />
        )}
      </Field>
      <div className="pair">
        <Field {...field('minParticipants')}>
          {(control) => (
            <input {...control} type="number" required min={1} defaultValue={product?.minParticipants ?? 2} />
          )}
        </Field>
        <Field {...field('maxParticipants')}>
          {(control) => (
            <input {...control} type="number" required min={1} defaultValue={product?.maxParticipants ?? 10} />
          )}
        </Field>
      </div>
      <DealFields product={product} currency={currency} isWrong={areTiersWrong} />
      <div className="row">
        <button type="submit" className="primary" disabled={isPending}>
          {label}
        </button>
        {children}
      </div>
    </form>
  );
}

function writtenIn(form: FormData): Readonly<Record<FieldName, string>> {
  const texts = FIELD_NAMES.map((name) => [name, String(form.get(name) ?? '')] as const);
  return Object.fromEntries(texts) as Record<FieldName, string>;
}

/** `deadline` as it is written; what is no number is NaN. */
function fieldsOf(form: FormData, currency: string): NewProduct {
  const written = writtenIn(form);
  const text = (name: FieldName) => written[name].trim();
  return {
    title: text('title'),
    description: text('description'),
    category: text('category') === '' ? null : text('category'),
    tags: tagsIn(text('tags')),
    imageUrl: text('imageUrl') === '' ? null : text('imageUrl'),
    pictures: form.getAll('pictures').map(String),
    price: { amount: readAmount(text('price'), currency) ?? Number.NaN, currency },
    minParticipants: Number(text('minParticipants')),
    maxParticipants: Number(text('maxParticipants')),
    deadline: text('deadline'),
    priceTiers: tiersIn(form, currency),
    payment: form.get('payment') === 'on' ? 'REQUIRED' : 'NONE',
    waitingList: form.get('waitingList') === 'on',
    notices: form.get('notices') === 'on',
  };
}

function CurrencyField({ value, onChoose }: { readonly value: string; readonly onChoose: (code: string) => void }) {
  const { locale } = useStrings();
  const [codes] = useState(() => {
    const names = new Intl.DisplayNames(locale, { type: 'currency' });
    return Intl.supportedValuesOf('currency').map((code) => [code, `${code} · ${names.of(code)}`] as const);
  });
  return (
    <Field name="currency" label={dealStrings(locale).currency} rule={null}>
      {(control) => (
        <select {...control} value={value} onChange={(event) => onChoose(event.target.value)}>
          {codes.map(([code, name]) => (
            <option key={code} value={code}>
              {name}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

/** A moment as `datetime-local` writes it, in this machine's zone. */
function localTime(ms: number): string {
  return new Date(ms - new Date(ms).getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
