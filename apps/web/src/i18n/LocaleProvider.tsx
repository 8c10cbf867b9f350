import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react';
import { english } from './english.ts';
import { korean } from './korean.ts';
import type { Strings } from './strings.ts';

type Language = Strings['locale'];

const KEY = 'gongu.language';
const Context = createContext<{ strings: Strings; choose: (language: Language) => void } | null>(null);

/** Korean where the browser is, else English, until somebody chooses. */
export function LocaleProvider({ children }: { readonly children: ReactNode }) {
  const [language, setLanguage] = useState<Language>(() => chosen() ?? ofBrowser());
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  const value = useMemo(
    () => ({
      strings: language === 'ko' ? korean : english,
      choose(next: Language) {
        try {
          localStorage.setItem(KEY, next);
        } catch {
          // Kept for this page only.
        }
        setLanguage(next);
      },
    }),
    [language],
  );
  return <Context value={value}>{children}</Context>;
}

export function useStrings(): Strings {
  return useLocale().strings;
}

/** @throws Error where there is no provider */
export function useLocale() {
  const locale = useContext(Context);
  if (!locale) throw new Error('There is no LocaleProvider above this component');
  return locale;
}

function chosen(): Language | null {
  try {
    const found = localStorage.getItem(KEY);
    return found === 'ko' || found === 'en' ? found : null;
  } catch {
    return null;
  }
}

function ofBrowser(): Language {
  return navigator.language.toLowerCase().startsWith('ko') ? 'ko' : 'en';
}
