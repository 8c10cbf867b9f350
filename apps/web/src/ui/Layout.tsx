import { onlineManager } from '@tanstack/react-query';
import { type ReactNode, useEffect, useRef, useSyncExternalStore } from 'react';
import { MyUnreadCount } from '../chat/MyUnreadCount.tsx';
import { useStrings } from '../i18n/LocaleProvider.tsx';
import { useIsLive } from '../live/LiveProducts.tsx';
import { PartBoundary } from '../loading/PartBoundary.tsx';
import { loadPage } from '../pages/pages.ts';
import { Link, NavLink } from '../routing/Link.tsx';
import { useLocation } from '../routing/Router.tsx';
import { useServices } from '../session/SessionProvider.tsx';
import { shownName } from '../session/session.ts';
import { Appearance } from './Appearance.tsx';
import { openRoomOf, signInPath } from './paths.ts';
import { useMedia, WIDE } from './useMedia.ts';

/** What is around every page: the name of the shop, the ways, and who one is. */
export function Layout({ children }: { readonly children: ReactNode }) {
  const strings = useStrings();
  const { session, signOut } = useServices();
  const { pathname, search } = useLocation();
  const isOnline = useOnline();
  const isLive = useIsLive();
  const openRoom = useOpenRoom();
  const main = useRef<HTMLElement>(null);
  const lastPath = useRef(pathname);
  const toSignIn = pathname === '/sign-in' ? pathname + search : signInPath(pathname + search);

  // Another page begins at its top, and a screen reader hears of it.
  useEffect(() => {
    if (lastPath.current === pathname) return;
    lastPath.current = pathname;
    scrollTo(0, 0);
    main.current?.focus({ preventScroll: true });
  }, [pathname]);

  useEffect(() => {
    const reasons = ['pointerover', 'touchstart', 'focusin'] as const;
    for (const reason of reasons) addEventListener(reason, loadAhead, { passive: true });
    return () => {
      for (const reason of reasons) removeEventListener(reason, loadAhead);
    };
  }, []);

  return (
    <div className="shell">
      <a className="skip" href="#main">
        {strings.skip}
      </a>
      <header className="top">
        <Link className="brand" to="/">
          <img src="/favicon.svg" alt="" width={28} height={28} />
          <strong>{strings.shop}</strong>
          <small>{strings.slogan}</small>
        </Link>
        <Appearance />
        <div className="who">
          {session ? (
            <>
              <Link className="who-name" to={toSignIn} title={strings.asAnother}>
                <bdi>{shownName(session)}</bdi>
                {session.kind === 'guest' && <small> · {strings.guest}</small>}
                <span className="hidden"> · {strings.asAnother}</span>
              </Link>
              {session.kind === 'guest' && (
                <Link className="button small" to={toSignIn}>
                  {strings.signIn}
                </Link>
              )}
              <button type="button" className="quiet" onClick={signOut}>
                {strings.signOut}
              </button>
            </>
          ) : (
            pathname !== '/sign-in' && (
              <Link className="button small" to={toSignIn}>
                {strings.signIn}
              </Link>
            )
          )}
        </div>
      </header>
      <nav className="ways" aria-label={strings.menu}>
        <NavLink to="/" end>
          <Icon path="M4 9 5.5 4h13L20 9M4 9v11h16V9M4 9h16M9 20v-6h6v6" />
          {strings.products}
        </NavLink>
        <NavLink to="/rooms">
          <Icon path="M4 5h16v11H10l-5 4v-4H4z" />
          {strings.rooms}
          <MyUnreadCount except={openRoom} isTold />
        </NavLink>
        <NavLink to="/purchases">
          <Icon path="M6 8h12l1 12H5zM9 8V6a3 3 0 0 1 6 0v2" />
          {strings.toPurchases}
        </NavLink>
        <NavLink to="/sell">
          <Icon path="M12 4v16M4 12h16" />
          {strings.sell}
        </NavLink>
      </nav>
      <div className="told" role="status">
        {!isOnline ? <p>{strings.offline}</p> : !isLive ? <p>{strings.notLive}</p> : null}
      </div>
      <main id="main" ref={main} tabIndex={-1}>
        <PartBoundary of={pathname}>{children}</PartBoundary>
      </main>
    </div>
  );
}

/** Loads the page that a link leads to when somebody is about to follow it. */
function loadAhead({ target }: Event): void {
  const link = target instanceof Element ? target.closest('a') : null;
  if (link?.origin !== location.origin) return;
  // Whether it comes is told to whoever follows the link.
  loadPage(link.pathname).catch(() => {});
}

function Icon({ path }: { readonly path: string }) {
  return (
    <svg viewBox="0 0 24 24" width="22" height="22" aria-hidden="true" focusable="false">
      <path d={path} fill="none" stroke="currentColor" strokeWidth="1.8" strokeLinecap="round" strokeLinejoin="round" />
    </svg>
  );
}

/** The room whose conversation is in sight; null: none is. */
function useOpenRoom(): string | null {
  const { pathname, search } = useLocation();
  return openRoomOf(pathname, search, useMedia(WIDE));
}

/** Whether the browser has a network. */
function useOnline(): boolean {
  return useSyncExternalStore(
    (changed) => onlineManager.subscribe(changed),
    () => onlineManager.isOnline(),
  );
}
