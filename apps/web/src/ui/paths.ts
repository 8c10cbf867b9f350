/** The page where one signs in; afterwards one is where one came from. */
export function signInPath(from: string): string {
  return from === '/' ? '/sign-in' : `/sign-in?next=${encodeURIComponent(from)}`;
}

/** A path of this site, and nothing that leads elsewhere. */
export function safePath(next: string | null): string {
  return next !== null && /^\/(?![/\\])/.test(next) ? next : '/';
}

/** The room of a product's page where its conversation is in sight: beside it where it is wide, else behind its tab. */
export function openRoomOf(pathname: string, search: string, isWide: boolean): string | null {
  const [, , id = ''] = /^\/(products|sell)\/([^/]+)\/?$/.exec(pathname) ?? [];
  if (id === '' || pathname === '/sell/new') return null;
  return isWide || new URLSearchParams(search).get('tab') === 'chat' ? id : null;
}
