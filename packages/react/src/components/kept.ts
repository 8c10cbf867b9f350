const PREFIX = 'gongu.';

/** What is kept for this tab under that name; empty: nothing. */
export function readKept(kind: string, key: string): string {
  try {
    return sessionStorage.getItem(`${PREFIX}${kind}.${key}`) ?? '';
  } catch {
    // Blocked, as cookies may be.
    return '';
  }
}

export function writeKept(kind: string, key: string, text: string): void {
  const name = `${PREFIX}${kind}.${key}`;
  try {
    if (text === '') sessionStorage.removeItem(name);
    else sessionStorage.setItem(name, text);
  } catch {
    // Blocked or full: then it lasts as long as the page.
  }
}
