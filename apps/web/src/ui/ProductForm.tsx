import { type FormEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import { ApiError } from '../api/api-error.ts';
import type { NewProduct } from '../api/trade.ts';
import { useStrings } from '../i18n/LocaleProvider.tsx';
import { FIELD_NAMES, type FieldName, wrongFields } from '../products/wrong-fields.ts';
import { useServices } from '../session/SessionProvider.tsx';
import { Failure } from './Failure.tsx';
import { Field } from './Field.tsx';

const WEEK_MS = 7 * 86_400_000;

export interface ProductFormProps {
  /** What is in the form at first. Default: an offer for a week, to two to ten people. */
  readonly product?: NewProduct & { readonly participantCount: number };
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
  const [mostDays, setMostDays] = useState<string | null>(null);
  // Counts refusals: each one leads to its field, also where the same fields are wrong again.
  const [refusals, setRefusals] = useState(0);
  const first = useRef<FieldName | undefined>(undefined);
  const buyers = product?.participantCount ?? 0;

  useEffect(() => {
    const control = refusals > 0 && first.current && form.current?.elements.namedItem(first.current);
    if (control instanceof HTMLElement) control.focus();
  }, [refusals]);

  function refuse(fields: readonly FieldName[]): void {
    first.current = fields[0];
    setWrong(fields);
    setRefusals((before) => before + 1);
  }
  function submit(event: FormEvent<HTMLFormElement>): void {
    event.preventDefault();
    const data = new FormData(event.currentTarget);
    setMostDays(null);
    const found = wrongFields(writtenIn(data), clock.now(), buyers);
    refuse(found);
    if (found.length > 0) return;
    onSubmit(fieldsOf(data), (refusal) => {
      const refused = refusal instanceof ApiError ? refusal.fields : [];
      const paths = refused.map(({ path }) => path.split('.')[0]);
      // How far away it may be is trade's setting, which its refusal names.
      setMostDays(refused.find(({ path }) => path === 'deadline')?.message.match(/\d+(?= days)/)?.[0] ?? null);
      refuse(FIELD_NAMES.filter((name) => paths.includes(name)));
    });
  }
  function edit({ target }: FormEvent<HTMLFormElement>): void {
    if (target instanceof HTMLElement && 'name' in target) setWrong(wrong.filter((name) => name !== target.name));
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
      <Field {...field('imageUrl')} hint={strings.imageHint}>
        {(control) => <input {...control} type="url" maxLength={2_048} defaultValue={product?.imageUrl ?? ''} />}
      </Field>
      <Field {...field('price')} {...(product ? { hint: strings.editHint } : {})}>
        {(control) => (
          <input
            {...control}
            type="number"
            inputMode="numeric"
            required
            min={0}
            step={1}
            readOnly={product !== undefined}
            defaultValue={product?.price.amount}
          />
        )}
      </Field>
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

function fieldsOf(form: FormData): NewProduct {
  const written = writtenIn(form);
  const text = (name: FieldName) => written[name].trim();
  return {
    title: text('title'),
    description: text('description'),
    imageUrl: text('imageUrl') === '' ? null : text('imageUrl'),
    // Won have no smaller unit.
    price: { amount: Number(text('price')), currency: 'KRW' },
    minParticipants: Number(text('minParticipants')),
    maxParticipants: Number(text('maxParticipants')),
    deadline: new Date(text('deadline')).toISOString(),
  };
}

/** A moment as `datetime-local` writes it, in this machine's zone. */
function localTime(ms: number): string {
  return new Date(ms - new Date(ms).getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
