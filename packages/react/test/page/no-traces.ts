import * as React from 'react';

const KEY = '__CLIENT_INTERNALS_DO_NOT_USE_OR_WARN_USERS_THEY_CANNOT_UPGRADE';

/**
 * React's development build keeps a stack trace of each element, until it has made ten thousand in a second: where DevTools
 * listen, as in a test, a quarter of all that a page computes. Nobody reads them here. So it has always made enough.
 * Where React has no such count, as React 18, this does nothing. To be called, as a bundler leaves out what is imported for
 * its effect alone: the package says that it has none.
 */
export function keepNoTraces(): void {
  const internals = (React as unknown as Record<string, object | undefined>)[KEY];
  if (internals) Object.defineProperty(internals, 'recentlyCreatedOwnerStacks', { get: () => Infinity, set: () => {} });
}
