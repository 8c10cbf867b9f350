import { useEffect, useId, useState } from 'react';
import { useLocale } from '../i18n/LocaleProvider.tsx';

type Theme = 'system' | 'light' | 'dark';
const KEY = 'gongu.theme';
const THEMES: readonly Theme[] = ['system', 'light', 'dark'];

/** Light, dark, or as the device; and the language. */
export function Appearance() {
  const { strings, choose } = useLocale();
  const [theme, setTheme] = useState<Theme>(readTheme);
  const id = useId();
  useEffect(() => {
    if (theme === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    try {
      localStorage.setItem(KEY, theme);
    } catch {
      // Kept for this page only.
    }
  }, [theme]);
  const other = strings.otherLanguageCode as 'ko' | 'en';
  return (
    <div className="appearance">
      <label className="hidden" htmlFor={id}>
        {strings.theme}
      </label>
      <select id={id} className="quiet" value={theme} onChange={(event) => setTheme(event.target.value as Theme)}>
        {THEMES.map((one) => (
          <option key={one} value={one}>
            {strings.themes[one]}
          </option>
        ))}
      </select>
      <button type="button" className="quiet" lang={other} onClick={() => choose(other)}>
        {strings.otherLanguage}
      </button>
    </div>
  );
}

function readTheme(): Theme {
  try {
    return THEMES.find((theme) => theme === localStorage.getItem(KEY)) ?? 'system';
  } catch {
    return 'system';
  }
}
