import { type FormEvent, useId, useState } from 'react';
import { useNavigate } from 'react-router';
import { ApiError } from '../api/api-error.ts';
import { newKey } from '../api/new-key.ts';
import type { NewProduct } from '../api/trade.ts';
import { useStrings } from '../i18n/LocaleProvider.tsx';
import { useCreateProduct } from '../products/queries.ts';
import { Failure } from '../ui/Failure.tsx';
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
  const id = useId();
  const create = useCreateProduct();
  const [soonest] = useState(() => localTime(Date.now()));
  const [usual] = useState(() => localTime(Date.now() + WEEK_MS));
  const wrong = create.error instanceof ApiError ? create.error.fields : [];
  const of = (name: string) => ({
    id: `${id}-${name}`,
    name,
    'aria-invalid': wrong.some(({ path }) => path.split('.')[0] === name),
  });
  const labels: Readonly<Record<string, string>> = {
    title: strings.title,
    description: strings.description,
    imageUrl: strings.imageUrl,
    price: strings.price,
    minParticipants: strings.minParticipants,
    maxParticipants: strings.maxParticipants,
    deadline: strings.deadline,
  };
  const label = (name: string) => <label htmlFor={`${id}-${name}`}>{labels[name]}</label>;

  function submit(event: FormEvent<HTMLFormElement>): void {
    event.preventDefault();
    const fields = fieldsOf(new FormData(event.currentTarget));
    create.mutate({ fields, key: newKey() }, { onSuccess: (product) => void navigate(`/sell/${product.id}`) });
  }
  return (
    <form className="panel" onSubmit={submit}>
      {create.isError && <Failure error={create.error} />}
      {wrong.length > 0 && (
        <p className="hint">
          {strings.wrongFields} {wrong.map(({ path }) => labels[path.split('.')[0] ?? ''] ?? path).join(', ')}
        </p>
      )}
      <div className="field">
        {label('title')}
        <input {...of('title')} required maxLength={200} autoComplete="off" />
      </div>
      <div className="field">
        {label('description')}
        <textarea {...of('description')} rows={4} maxLength={20_000} />
      </div>
      <div className="field">
        {label('imageUrl')}
        <input {...of('imageUrl')} type="url" pattern="https://.+" maxLength={2_048} aria-describedby={`${id}-hint`} />
        <small id={`${id}-hint`}>{strings.imageHint}</small>
      </div>
      <div className="field">
        {label('price')}
        <input {...of('price')} type="number" inputMode="numeric" required min={0} step={1} max={1_000_000_000_000} />
      </div>
      <div className="field">
        {label('deadline')}
        <input {...of('deadline')} type="datetime-local" required min={soonest} defaultValue={usual} />
      </div>
      <div className="pair">
        <div className="field">
          {label('minParticipants')}
          <input {...of('minParticipants')} type="number" required min={1} max={100_000} defaultValue={2} />
        </div>
        <div className="field">
          {label('maxParticipants')}
          <input {...of('maxParticipants')} type="number" required min={1} max={100_000} defaultValue={10} />
        </div>
      </div>
      <button type="submit" className="primary" disabled={create.isPending}>
        {create.isPending ? strings.creating : strings.create}
      </button>
    </form>
  );
}

function fieldsOf(form: FormData): NewProduct {
  const text = (name: string) => String(form.get(name) ?? '').trim();
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
