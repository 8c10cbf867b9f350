import type { PublicUser } from '@gongu/client';
import { type KeyboardEvent, type RefObject, useEffect, useMemo, useState } from 'react';
import { useToolStrings } from '../chat/useToolStrings.ts';
import { nameOf } from '../strings/name-of.ts';
import { hangulLetters } from './hangul-letters.ts';

export interface MentionListProps {
  readonly id: string;
  /** What there is of the name. */
  readonly query: string;
  readonly people: readonly PublicUser[];
  /** What stands for all; null: one may not mention all. */
  readonly everyone: string | null;
  /** Takes a name. `byPointer`: an input method may be at work in the field. */
  readonly onChoose: (name: string, byPointer: boolean) => void;
  readonly onClose: () => void;
  /** The field's keys go through this while the list is there; true: it was for the list. */
  readonly keys: RefObject<((event: Pick<KeyboardEvent, 'key'>) => boolean) | null>;
  /** The `id` of the option that is chosen by Enter. */
  readonly onActive: (id: string | undefined) => void;
}

/** People who are offered at once. */
const MOST = 8;

/** The people whose names begin so, beside the field: the focus stays in it, and its keys lead through the list. */
export function MentionList({ id, query, people, everyone, onChoose, onClose, keys, onActive }: MentionListProps) {
  const strings = useToolStrings();
  const [at, setAt] = useState(0);
  const names = useMemo(() => {
    const wanted = hangulLetters(query);
    const all = [...(everyone === null ? [] : [everyone]), ...people.map(nameOf)];
    return [...new Set(all)].filter((name) => hangulLetters(name).startsWith(wanted)).slice(0, MOST);
  }, [query, people, everyone]);
  const active = Math.min(at, names.length - 1);
  useEffect(() => onActive(active < 0 ? undefined : `${id}-${active}`), [onActive, id, active]);
  useEffect(() => () => onActive(undefined), [onActive]);

  useEffect(() => {
    keys.current = ({ key }) => {
      if (names.length === 0) return false;
      if (key === 'ArrowDown') setAt((active + 1) % names.length);
      else if (key === 'ArrowUp') setAt((active + names.length - 1) % names.length);
      else if (key === 'Enter' || key === 'Tab') onChoose(names[active]!, false);
      else if (key === 'Escape') onClose();
      else return false;
      return true;
    };
    return () => {
      keys.current = null;
    };
  }, [keys, names, active, onChoose, onClose]);

  return (
    <>
      <div id={id} role="listbox" aria-label={strings.mention} className="gongu-mentions" hidden={names.length === 0}>
        {names.map((name, i) => (
          // biome-ignore lint/a11y/useFocusableInteractive: the focus stays in the field, which names the active one
          // biome-ignore lint/a11y/useKeyWithClickEvents: the field's keys choose
          <div
            key={name}
            id={`${id}-${i}`}
            role="option"
            aria-selected={i === active}
            // The focus stays in the field.
            onPointerDown={(event) => event.preventDefault()}
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => onChoose(name, true)}
          >
            <bdi>@{name}</bdi>
          </div>
        ))}
      </div>
      <span className="gongu-hidden" role="status">
        {names.length > 0 ? strings.mentionsFound(names.length) : ''}
      </span>
    </>
  );
}
