import type { Product } from '@gongu/shared';
import { codeOf } from '../api/api-error.ts';
import type { NewProduct, ProductEdit } from '../api/trade.ts';
import { useStrings } from '../i18n/LocaleProvider.tsx';
import { useProduct, useSelling } from '../products/queries.ts';
import { Link } from '../routing/Link.tsx';
import { useNavigate } from '../routing/Router.tsx';
import { useParams } from '../routing/Routes.tsx';
import { useServices } from '../session/SessionProvider.tsx';
import { Failure } from '../ui/Failure.tsx';
import { Loading } from '../ui/Loading.tsx';
import { PageTitle } from '../ui/PageTitle.tsx';
import { ProductForm } from '../ui/ProductForm.tsx';
import { SellersOnly } from '../ui/SellersOnly.tsx';
import { NotFoundPage } from './NotFoundPage.tsx';

/** Changing a product while it recruits. */
export function EditProductPage() {
  const strings = useStrings();
  const { session } = useServices();
  const { id = '' } = useParams();
  const { data: product, isPending, error, refetch } = useProduct(id);
  if (!product) {
    if (isPending) return <Loading />;
    if (codeOf(error) === 'NOT_FOUND' || codeOf(error) === 'VALIDATION_FAILED') {
      return <NotFoundPage text={strings.productGone} />;
    }
    return <Failure error={error} retry={() => void refetch()} />;
  }
  return (
    <div className="page narrow">
      <PageTitle text={`${strings.editTitle} · ${strings.shop}`} />
      <h1>{strings.editTitle}</h1>
      <SellersOnly>
        {product.sellerId !== session?.userId ? (
          <p className="empty">{strings.errors.FORBIDDEN}</p>
        ) : product.status === 'RECRUITING' ? (
          <Edit key={product.id} product={product} />
        ) : (
          <p className="empty">{strings.errors.NOT_RECRUITING}</p>
        )}
      </SellersOnly>
    </div>
  );
}

function Edit({ product }: { readonly product: Product }) {
  const strings = useStrings();
  const navigate = useNavigate();
  const { edit } = useSelling(product.id);
  const back = `/sell/${product.id}`;
  return (
    <ProductForm
      product={product}
      label={edit.isPending ? strings.savingEdit : strings.saveEdit}
      isPending={edit.isPending}
      error={edit.error}
      onSubmit={(fields, onError) => {
        const changed = changesOf(product, fields);
        if (Object.keys(changed).length === 0) return void navigate(back);
        edit.mutate(changed, { onSuccess: () => void navigate(back), onError });
      }}
    >
      <Link className="button" to={back}>
        {strings.back}
      </Link>
    </ProductForm>
  );
}

/** What differs alone: what somebody else has changed meanwhile stays. */
function changesOf(product: Product, fields: NewProduct): ProductEdit {
  const { price: _price, payment: _payment, waitingList: _list, deadline, ...rest } = fields;
  const known = { ...product, pictures: product.pictures.map(({ id }) => id) };
  const names = Object.keys(rest) as (keyof typeof rest)[];
  const changed = Object.fromEntries(
    names
      .filter((name) => JSON.stringify(rest[name]) !== JSON.stringify(known[name]))
      .map((name) => [name, rest[name]]),
  );
  // The field has no seconds.
  const minuteOf = (at: string) => Math.floor(Date.parse(at) / 60_000);
  return {
    ...changed,
    ...(minuteOf(deadline) === minuteOf(product.deadline) ? {} : { deadline }),
  };
}
