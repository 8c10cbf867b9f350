import { type FormEvent, useEffect, useId, useRef } from 'react';

/** Milliseconds after a key at which what is in the field is looked for. */
const PAUSE_MS = 300;

export interface SearchFieldProps {
  readonly label: string;
  /** What is looked for; empty: nothing. */
  readonly q: string;
  readonly onSearch: (q: string) => void;
}

/** Looks for what one types. It keeps its own text: a field whose value React sets can disturb an input method. */
export function SearchField({ label, q, onSearch }: SearchFieldProps) {
  const id = useId();
  const field = useRef<HTMLInputElement>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const told = useRef(q);
  const latest = useRef(onSearch);
  latest.current = onSearch;
  useEffect(() => () => clearTimeout(timer.current), []);
  useEffect(() => {
    // Not what the page shows yet, which may be behind; and what this field itself has asked for it has already.
    const asked = new URLSearchParams(location.search).get('q') ?? '';
    if (q !== asked || q === told.current) return;
    clearTimeout(timer.current);
    told.current = q;
    field.current!.value = q;
  }, [q]);

  function tell(isComposing: boolean): void {
    clearTimeout(timer.current);
    const text = field.current!.value.trim();
    // A Korean letter that stands alone is a syllable that is still being made.
    const wanted = isComposing ? text.replace(/[ㄱ-ㅎㅏ-ㅣ]$/, '').trim() : text;
    if (wanted === told.current) return;
    told.current = wanted;
    latest.current(wanted);
  }
  function typed(isComposing: boolean): void {
    clearTimeout(timer.current);
    timer.current = setTimeout(tell, PAUSE_MS, isComposing);
  }
  function submit(event: FormEvent): void {
    event.preventDefault();
    tell(false);
  }
  return (
    <form className="field" onSubmit={submit}>
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        ref={field}
        type="search"
        maxLength={64}
        autoComplete="off"
        enterKeyHint="search"
        defaultValue={q}
        onInput={({ nativeEvent }) => typed((nativeEvent as InputEvent).isComposing)}
        onCompositionEnd={() => typed(false)}
      />
    </form>
  );
}
