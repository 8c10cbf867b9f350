import type { AnchorHTMLAttributes, MouseEvent } from 'react';
import { useLocation, useNavigate } from './Router.tsx';

export interface LinkProps extends Omit<AnchorHTMLAttributes<HTMLAnchorElement>, 'href'> {
  /** A path of the shop, with its query. */
  readonly to: string;
}

/** A link within the shop: it changes the page without loading it anew, and opens in another tab like any other. */
export function Link({ to, onClick, ...rest }: LinkProps) {
  const navigate = useNavigate();
  function follow(event: MouseEvent<HTMLAnchorElement>): void {
    onClick?.(event);
    const isElsewhere = event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
    if (event.defaultPrevented || isElsewhere || (rest.target ?? '_self') !== '_self') return;
    event.preventDefault();
    navigate(to);
  }
  return <a {...rest} href={to} onClick={follow} />;
}

export interface NavLinkProps extends LinkProps {
  /** Only its own path counts, and none below it. */
  readonly end?: boolean;
}

/** A link that says whether one is there. */
export function NavLink({ end = false, ...rest }: NavLinkProps) {
  const { pathname } = useLocation();
  const path = rest.to.split('?', 1)[0]!;
  const isThere = pathname === path || (!end && pathname.startsWith(`${path}/`));
  return <Link {...rest} {...(isThere ? { 'aria-current': 'page' } : {})} />;
}
