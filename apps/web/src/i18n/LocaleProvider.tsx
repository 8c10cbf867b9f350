import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react';
import type { Strings } from './strings.ts';

type Language = Strings['locale'];

const KEY = 'gongu.language';
const Context = createContext<{ strings: Strings; choose: (language: Language) => void } | null>(null);

/** Korean where the browser is, else English, until somebody chooses. */
export function firstLanguage(): Language {
  return chosen() ?? ofBrowser();
}

/** A language's texts, which are a file of their own. */
export async function loadStrings(language: Language): Promise<Strings> {
  return language === 'ko' ? (await import('./korean.ts')).korean : (await import('./english.ts')).english;
}

export interface LocaleProviderProps {
  /** Those of the first language. */
  readonly first: Strings;
  readonly children: ReactNode;
}

/** Gives the texts of the language, and the way to another one. */
export function LocaleProvider({ first, children }: LocaleProviderProps) {
  const [strings, setStrings] = useState(first);
  const language = strings.locale;
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  const value = useMemo(
    () => ({
      strings,
      choose(next: Language) {
        try {
          localStorage.setItem(KEY, next);
        } catch {
          // Kept for this page only.
        }
        // Without a network the page goes on in the language that it has.
        loadStrings(next).then(setStrings, () => {});
      },
    }),
    [strings],
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
