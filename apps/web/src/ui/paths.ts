/** The page where one signs in; afterwards one is where one came from. */
export function signInPath(from: string): string {
  return from === '/' ? '/sign-in' : `/sign-in?next=${encodeURIComponent(from)}`;
}

/** A path of this site, and nothing that leads elsewhere. */
export function safePath(next: string | null): string {
  if (!next?.startsWith('/')) return '/';
  const here = 'https://shop.invalid';
  // As a browser reads it: it leaves out tabs and line feeds, and a backslash is a slash.
  return URL.canParse(next, here) && new URL(next, here).origin === here ? next : '/';
}

/** The room of a product's page where its conversation is in sight: beside it where it is wide, else behind its tab. */
export function openRoomOf(pathname: string, search: string, isWide: boolean): string | null {
  const [, , id = ''] = /^\/(products|sell)\/([^/]+)\/?$/.exec(pathname) ?? [];
  if (id === '' || pathname === '/sell/new') return null;
  return isWide || new URLSearchParams(search).get('tab') === 'chat' ? id : null;
}
