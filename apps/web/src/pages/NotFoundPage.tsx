import { useStrings } from '../i18n/LocaleProvider.tsx';
import { Link } from '../routing/Link.tsx';

export function NotFoundPage({ text }: { readonly text?: string }) {
  const strings = useStrings();
  return (
    <div className="page empty">
      <title>{`404 · ${strings.shop}`}</title>
      <h1>404</h1>
      <p>{text ?? strings.notFound}</p>
      <Link className="button" to="/">
        {strings.toProducts}
      </Link>
    </div>
  );
}
