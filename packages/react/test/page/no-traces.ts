import * as React from 'react';

/**
 * React's development build keeps a stack trace of each element, until it has made ten thousand in a second: where DevTools
 * listen, as in a test, a quarter of all that a page computes. Nobody reads them here. So it has always made enough.
 * Import this for its effect. Where React has no such count, as React 18, it does nothing.
 */
const KEY = '__CLIENT_INTERNALS_DO_NOT_USE_OR_WARN_USERS_THEY_CANNOT_UPGRADE';
const internals = (React as unknown as Record<string, object | undefined>)[KEY];
if (internals) Object.defineProperty(internals, 'recentlyCreatedOwnerStacks', { get: () => Infinity, set: () => {} });
