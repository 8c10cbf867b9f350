import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { LocaleProvider } from './i18n/LocaleProvider.tsx';
import { Start } from './Start.tsx';
import '@gongu/react/styles.css';
import './styles.css';

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <LocaleProvider>
      <Start />
    </LocaleProvider>
  </StrictMode>,
);
