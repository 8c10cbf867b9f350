import { type FormEvent, useEffect, useRef, useState } from 'react';
import { ApiError } from '../api/api-error.ts';
import { newKey } from '../api/new-key.ts';
import type { NewProduct } from '../api/trade.ts';
import { useStrings } from '../i18n/LocaleProvider.tsx';
import { useCreateProduct } from '../products/queries.ts';
import { FIELD_NAMES, type FieldName, latestDeadlineMs, wrongFields } from '../products/wrong-fields.ts';
import { useNavigate } from '../routing/Router.tsx';
import { useServices } from '../session/SessionProvider.tsx';
import { Failure } from '../ui/Failure.tsx';
import { Field } from '../ui/Field.tsx';
import { SellersOnly } from '../ui/SellersOnly.tsx';

const WEEK_MS = 7 * 86_400_000;

/** Offering a product. */
export function NewProductPage() {
  const strings = useStrings();
  return (
    <div className="page narrow">
      <title>{`${strings.newProduct} · ${strings.shop}`}</title>
      <h1>{strings.newProduct}</h1>
      <SellersOnly>
        <Form />
      </SellersOnly>
    </div>
  );
}

function Form() {
  const strings = useStrings();
  const navigate = useNavigate();
  const { clock } = useServices();
  const create = useCreateProduct();
  const form = useRef<HTMLFormElement>(null);
  const [openedMs] = useState(clock.now);
  const [wrong, setWrong] = useState<readonly FieldName[]>([]);
  // Counts refusals: each one leads to its field, also where the same fields are wrong again.
  const [refusals, setRefusals] = useState(0);
  const first = useRef<FieldName | undefined>(undefined);

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
    const found = wrongFields(writtenIn(data), clock.now());
    refuse(found);
    if (found.length > 0) return;
    create.mutate(
      { fields: fieldsOf(data), key: newKey() },
      {
        onSuccess: (product) => void navigate(`/sell/${product.id}`),
        onError(error) {
          const paths = error instanceof ApiError ? error.fields.map(({ path }) => path.split('.')[0]) : [];
          refuse(FIELD_NAMES.filter((name) => paths.includes(name)));
        },
      },
    );
  }
  function edit({ target }: FormEvent<HTMLFormElement>): void {
    if (target instanceof HTMLElement && 'name' in target) setWrong(wrong.filter((name) => name !== target.name));
  }
  const field = (name: FieldName) => ({
    name,
    label: strings[name],
    rule: wrong.includes(name) ? strings.rules[name] : null,
  });
  // The rules are told in the page's language, each at its field.
  return (
    <form ref={form} className="panel" noValidate onSubmit={submit} onInput={edit}>
      {create.isError && <Failure error={create.error} />}
      <Field {...field('title')}>
        {(control) => <input {...control} required maxLength={200} autoComplete="off" />}
      </Field>
      <Field {...field('description')}>{(control) => <textarea {...control} rows={4} maxLength={20_000} />}</Field>
      <Field {...field('imageUrl')} hint={strings.imageHint}>
        {(control) => <input {...control} type="url" maxLength={2_048} />}
      </Field>
      <Field {...field('price')}>
        {(control) => <input {...control} type="number" inputMode="numeric" required min={0} step={1} />}
      </Field>
      <Field {...field('deadline')}>
        {(control) => (
          <input
            {...control}
            type="datetime-local"
            required
            min={localTime(openedMs)}
            max={localTime(latestDeadlineMs(openedMs))}
            defaultValue={localTime(openedMs + WEEK_MS)}
          />
        )}
      </Field>
      <div className="pair">
        <Field {...field('minParticipants')}>
          {(control) => <input {...control} type="number" required min={1} defaultValue={2} />}
        </Field>
        <Field {...field('maxParticipants')}>
          {(control) => <input {...control} type="number" required min={1} defaultValue={10} />}
        </Field>
      </div>
      <button type="submit" className="primary" disabled={create.isPending}>
        {create.isPending ? strings.creating : strings.create}
      </button>
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
