import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { firstLanguage, LocaleProvider, loadStrings } from './i18n/LocaleProvider.tsx';
import { MissingPart } from './loading/separate-part.tsx';
import { loadPage } from './pages/pages.ts';
import { Start } from './Start.tsx';
import '@gongu/react/styles.css';
import './styles.css';

const root = createRoot(document.getElementById('root')!, {
  onCaughtError(error) {
    // That a file did not come is told to the visitor, and is no fault of the page.
    if (!(error instanceof MissingPart)) console.error(error);
  },
});
// What the first page consists of is asked for at once, and waited for where it is needed.
loadPage(location.pathname).catch(() => {});
loadStrings(firstLanguage()).then(
  (strings) =>
    root.render(
      <StrictMode>
        <LocaleProvider first={strings}>
          <Start />
        </LocaleProvider>
      </StrictMode>,
    ),
  () => root.render('가게를 열지 못했습니다. 새로 고쳐 주세요. The shop could not be opened: please reload.'),
);
