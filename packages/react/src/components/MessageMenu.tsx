import { type KeyboardEvent, useEffect, useLayoutEffect, useRef } from 'react';

export interface MenuEntry {
  readonly label: string;
  readonly isDanger?: boolean;
  readonly act: () => void;
}

export interface MenuReactions {
  readonly label: string;
  readonly emojis: readonly { readonly emoji: string; readonly isOn: boolean }[];
  readonly onReact: (emoji: string, on: boolean) => void;
  /** For an emoji that is not among them. */
  readonly more: MenuEntry;
}

export interface MessageMenuProps {
  readonly id: string;
  /** Of whose menu it is. */
  readonly label: string;
  /** What it belongs to, in pixels of the window: it stands below it, or above where there is no room. */
  readonly anchor: Pick<DOMRect, 'left' | 'right' | 'top' | 'bottom'>;
  readonly entries: readonly MenuEntry[];
  /** Reactions that are offered above the entries; absent: one may not react. */
  readonly reactions?: MenuReactions | undefined;
  /** `returns`: the focus goes back to where it was. */
  readonly onClose: (returns: boolean) => void;
}

/** Pixels that stay free at the window's edges, and between the menu and what it belongs to. */
const EDGE_PX = 8;
const GAP_PX = 4;

/**
 * A menu of the ARIA pattern: arrows, Home, End and first letters lead through it, Escape and Tab out of it. The reactions are
 * one line of it, above the entry with which it begins.
 */
export function MessageMenu({ id, label, anchor, entries, reactions, onClose }: MessageMenuProps) {
  const menu = useRef<HTMLDivElement>(null);
  const items = () => [...(menu.current?.querySelectorAll<HTMLElement>('[role^=menuitem]') ?? [])];

  useLayoutEffect(() => {
    const element = menu.current!;
    // Above everything, whatever cuts off around it; where a browser does not know that, it is positioned all the same.
    element.showPopover?.();
    const { width, height } = element.getBoundingClientRect();
    const { clientWidth, clientHeight } = document.documentElement;
    const below = anchor.bottom + GAP_PX;
    const top = below + height + EDGE_PX <= clientHeight ? below : anchor.top - GAP_PX - height;
    const left = anchor.right - width >= EDGE_PX ? anchor.right - width : anchor.left;
    element.style.top = `${Math.max(EDGE_PX, Math.min(top, clientHeight - height - EDGE_PX))}px`;
    element.style.left = `${Math.max(EDGE_PX, Math.min(left, clientWidth - width - EDGE_PX))}px`;
    const first =
      element.querySelector<HTMLElement>(':scope > [role=menuitem]') ?? element.querySelector<HTMLElement>('button');
    first?.focus({ preventScroll: true });
  }, [anchor]);

  const latestClose = useRef(onClose);
  latestClose.current = onClose;
  useEffect(() => {
    // What it belongs to moves away from it.
    const away = ({ target }: Event) => {
      if (!(target instanceof Node) || !menu.current?.contains(target)) latestClose.current(false);
    };
    const resized = () => latestClose.current(true);
    for (const input of ['pointerdown', 'wheel'])
      document.addEventListener(input, away, { capture: true, passive: true });
    window.addEventListener('resize', resized);
    return () => {
      for (const input of ['pointerdown', 'wheel']) document.removeEventListener(input, away, { capture: true });
      window.removeEventListener('resize', resized);
    };
  }, []);

  function onKeyDown(event: KeyboardEvent): void {
    const all = items();
    const at = all.indexOf(document.activeElement as HTMLElement);
    const last = all.length - 1;
    const inLine = all.filter((item) => item.parentElement !== menu.current).length;
    /** The line of reactions is one place on the way up and down. */
    const down = at < inLine ? inLine : at === last ? 0 : at + 1;
    const up = at < inLine || at < 0 ? last : at === inLine ? 0 : at - 1;
    const byLetter = () => {
      const letter = event.key.toLowerCase();
      const found = [...all.slice(at + 1), ...all.slice(0, at + 1)];
      return found.find(({ textContent }) => textContent?.toLowerCase().startsWith(letter));
    };
    switch (event.key) {
      case 'ArrowDown':
        all[down]?.focus();
        break;
      case 'ArrowUp':
        all[up]?.focus();
        break;
      case 'ArrowRight':
      case 'ArrowLeft':
        if (at >= 0 && at < inLine) all[(at + (event.key === 'ArrowLeft' ? inLine - 1 : 1)) % inLine]?.focus();
        break;
      case 'Home':
        all[0]?.focus();
        break;
      case 'End':
        all[last]?.focus();
        break;
      case 'Escape':
        onClose(true);
        break;
      case 'Tab':
        // From where it was the key goes on.
        return onClose(true);
      default:
        if (event.key.length === 1 && event.key !== ' ') byLetter()?.focus();
        return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  return (
    <div
      ref={menu}
      id={id}
      role="menu"
      aria-label={label}
      popover="manual"
      className="gongu-menu"
      onKeyDown={onKeyDown}
      onContextMenu={(event) => event.preventDefault()}
    >
      {reactions && (
        // biome-ignore lint/a11y/useSemanticElements: a fieldset is no part of a menu
        <div role="group" className="gongu-quick" aria-label={reactions.label}>
          {reactions.emojis.map(({ emoji, isOn }) => (
            <button
              key={emoji}
              type="button"
              role="menuitemcheckbox"
              aria-checked={isOn}
              tabIndex={-1}
              onClick={() => {
                onClose(true);
                reactions.onReact(emoji, !isOn);
              }}
            >
              {emoji}
            </button>
          ))}
          <button
            type="button"
            role="menuitem"
            tabIndex={-1}
            aria-label={reactions.more.label}
            aria-haspopup="dialog"
            onClick={() => {
              onClose(true);
              reactions.more.act();
            }}
          >
            +
          </button>
        </div>
      )}
      {entries.map(({ label: text, isDanger = false, act }) => (
        <button
          key={text}
          type="button"
          role="menuitem"
          tabIndex={-1}
          data-danger={isDanger}
          onClick={() => {
            onClose(true);
            act();
          }}
        >
          {text}
        </button>
      ))}
    </div>
  );
}
