import { StrictMode, startTransition } from 'react';
import { createRoot } from 'react-dom/client';
import { createServerClock } from './clock/server-clock.ts';
import { firstLanguage, LocaleProvider, loadStrings } from './i18n/LocaleProvider.tsx';
import { MissingPart } from './loading/separate-part.tsx';
import { Start, start } from './Start.tsx';
import '@gongu/react/styles.css';
import './styles.css';

/** Milliseconds for which what the site has sent stands there, before it is said that the shop is loading. */
const QUIET_MS = 500;

const root = createRoot(document.getElementById('root')!, {
  onCaughtError(error) {
    // That a file did not come is told to the visitor, and is no fault of the page.
    if (!(error instanceof MissingPart)) console.error(error);
  },
});
const clock = createServerClock();
// At once, and waited for where it is needed.
const first = start(clock);
const quiet = new Promise<null>((resolve) => setTimeout(resolve, QUIET_MS, null));
Promise.all([loadStrings(firstLanguage()), Promise.race([first, quiet])]).then(
  ([strings, known]) =>
    // A transition: the browser gets its turn in between.
    startTransition(() =>
      root.render(
        <StrictMode>
          <LocaleProvider first={strings}>
            <Start clock={clock} known={known} first={first} />
          </LocaleProvider>
        </StrictMode>,
      ),
    ),
  () => root.render('가게를 열지 못했습니다. 새로 고쳐 주세요. The shop could not be opened: please reload.'),
);
