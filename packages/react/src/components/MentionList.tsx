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
  /** Takes a name, of whom; null: all. `byPointer`: an input method may be at work in the field. */
  readonly onChoose: (name: string, userId: string | null, byPointer: boolean) => void;
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
  const found = useMemo(() => {
    const wanted = hangulLetters(query);
    const all = [
      ...(everyone === null ? [] : [{ name: everyone, userId: null }]),
      ...people.map((person) => ({ name: nameOf(person), userId: person.userId })),
    ].filter(({ name }) => hangulLetters(name).startsWith(wanted));
    const isTwice = (name: string) => all.filter((each) => each.name === name).length > 1;
    // What tells those of one name apart.
    return all.slice(0, MOST).map((each) => ({ ...each, mark: isTwice(each.name) ? each.userId : null }));
  }, [query, people, everyone]);
  const active = Math.min(at, found.length - 1);
  useEffect(() => onActive(active < 0 ? undefined : `${id}-${active}`), [onActive, id, active]);
  useEffect(() => () => onActive(undefined), [onActive]);

  useEffect(() => {
    keys.current = ({ key }) => {
      if (found.length === 0) return false;
      if (key === 'ArrowDown') setAt((active + 1) % found.length);
      else if (key === 'ArrowUp') setAt((active + found.length - 1) % found.length);
      else if (key === 'Enter' || key === 'Tab') onChoose(found[active]!.name, found[active]!.userId, false);
      else if (key === 'Escape') onClose();
      else return false;
      return true;
    };
    return () => {
      keys.current = null;
    };
  }, [keys, found, active, onChoose, onClose]);

  return (
    <>
      <div id={id} role="listbox" aria-label={strings.mention} className="gongu-mentions" hidden={found.length === 0}>
        {found.map(({ name, userId, mark }, i) => (
          // biome-ignore lint/a11y/useFocusableInteractive: the focus stays in the field, which names the active one
          // biome-ignore lint/a11y/useKeyWithClickEvents: the field's keys choose
          <div
            key={userId ?? ''}
            id={`${id}-${i}`}
            role="option"
            aria-selected={i === active}
            // The focus stays in the field.
            onPointerDown={(event) => event.preventDefault()}
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => onChoose(name, userId, true)}
          >
            <bdi>@{name}</bdi>
            {mark !== null && (
              <small>
                {' '}
                <bdi>{mark}</bdi>
              </small>
            )}
          </div>
        ))}
      </div>
      <span className="gongu-hidden" role="status">
        {found.length > 0 ? strings.mentionsFound(found.length) : ''}
      </span>
    </>
  );
}
