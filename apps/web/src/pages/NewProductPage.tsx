import { newKey } from '../api/new-key.ts';
import { useStrings } from '../i18n/LocaleProvider.tsx';
import { useCreateProduct } from '../products/queries.ts';
import { useNavigate } from '../routing/Router.tsx';
import { PageTitle } from '../ui/PageTitle.tsx';
import { ProductForm } from '../ui/ProductForm.tsx';
import { SellersOnly } from '../ui/SellersOnly.tsx';

/** Offering a product. */
export function NewProductPage() {
  const strings = useStrings();
  return (
    <div className="page narrow">
      <PageTitle text={`${strings.newProduct} · ${strings.shop}`} />
      <h1>{strings.newProduct}</h1>
      <SellersOnly>
        <NewProduct />
      </SellersOnly>
    </div>
  );
}

function NewProduct() {
  const strings = useStrings();
  const navigate = useNavigate();
  const create = useCreateProduct();
  return (
    <ProductForm
      label={create.isPending ? strings.creating : strings.create}
      isPending={create.isPending}
      error={create.error}
      onSubmit={(fields, onError) =>
        create.mutate(
          { fields, key: newKey() },
          { onSuccess: (product) => void navigate(`/sell/${product.id}`), onError },
        )
      }
    />
  );
}
