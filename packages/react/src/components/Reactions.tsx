import type { Message } from '@gongu/client';
import type { ChatStrings } from '../strings/strings.ts';
import { isSaid } from './message-actions.ts';

export interface ReactionsProps {
  readonly message: Message;
  /** The emojis by which one has reacted oneself, with a blank between them. */
  readonly own: string;
  readonly tabIndex: number;
  /** Absent: one may not react. */
  readonly onReact?: ((seq: number, emoji: string, on: boolean) => void) | undefined;
  readonly strings: ChatStrings;
}

/** The reactions to a message, each with its count: a press adds one's own, or takes it back. */
export function Reactions({ message, own, tabIndex, onReact, strings }: ReactionsProps) {
  if (!isSaid(message) || !message.reactions) return null;
  const mine = own.split(' ');
  return (
    <ul className="gongu-reactions" aria-label={strings.reactions}>
      {message.reactions.map(({ emoji, count, users }) => {
        const isOn = mine.includes(emoji);
        const names = users.map(({ nickname }) => nickname).join(', ') + (count > users.length ? ', …' : '');
        return (
          <li key={emoji}>
            {onReact ? (
              <button
                type="button"
                tabIndex={tabIndex}
                aria-pressed={isOn}
                title={names}
                onClick={() => onReact(message.seq, emoji, !isOn)}
              >
                {emoji} {count}
              </button>
            ) : (
              <span title={names}>
                {emoji} {count}
              </span>
            )}
          </li>
        );
      })}
    </ul>
  );
}
