import { useStrings } from '../i18n/LocaleProvider.tsx';
import { Link } from '../routing/Link.tsx';
import { PageTitle } from '../ui/PageTitle.tsx';

export function NotFoundPage({ text }: { readonly text?: string }) {
  const strings = useStrings();
  return (
    <div className="page empty">
      <PageTitle text={`404 · ${strings.shop}`} />
      <h1>404</h1>
      <p>{text ?? strings.notFound}</p>
      <Link className="button" to="/">
        {strings.toProducts}
      </Link>
    </div>
  );
}
