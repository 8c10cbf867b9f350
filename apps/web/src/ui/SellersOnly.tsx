import type { ReactNode } from 'react';
import { useStrings } from '../i18n/LocaleProvider.tsx';
import { Link } from '../routing/Link.tsx';
import { useLocation } from '../routing/Router.tsx';
import { useServices } from '../session/SessionProvider.tsx';
import { signInPath } from './paths.ts';

/** For who signed in to sell; the others are shown the way. What anybody may do is the service's to decide. */
export function SellersOnly({ children }: { readonly children: ReactNode }) {
  const strings = useStrings();
  const { session } = useServices();
  const { pathname } = useLocation();
  if (session?.seller) return children;
  return (
    <div className="empty">
      <p>{strings.sellSignIn}</p>
      <Link className="button primary" to={signInPath(pathname)}>
        {strings.signIn}
      </Link>
    </div>
  );
}
