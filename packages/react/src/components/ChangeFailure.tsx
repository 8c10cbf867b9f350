import type { Message, OutgoingChange } from '@gongu/client';
import { useToolStrings } from '../chat/useToolStrings.ts';
import { isSaid } from './message-actions.ts';

export interface ChangeFailureProps {
  readonly message: Message;
  readonly change: OutgoingChange;
  /** The list's tab stop is its message. */
  readonly isStop: boolean;
  readonly onRetry: (clientMessageId: string) => void;
  readonly onDiscard: (clientMessageId: string) => void;
  /** Edits the message, from that text on. */
  readonly onEdit?: ((message: Message, content: string) => void) | undefined;
}

/** An own edit, deletion or report that was refused: why, with the text that was not taken beside the one that is there. */
export function ChangeFailure({ message, change, isStop, onRetry, onDiscard, onEdit }: ChangeFailureProps) {
  const strings = useToolStrings();
  const { error, content, clientMessageId } = change;
  const isEdit = change.change.kind === 'edit';
  const isGone = !isSaid(message);
  const tabIndex = isStop ? 0 : -1;
  const isConflict = error?.code === 'PRECONDITION_FAILED';
  return (
    <div className="gongu-failure">
      <p>
        <strong>{strings.notChanged[change.change.kind]}</strong> <span>{error && strings.error(error)}</span>
      </p>
      {content !== '' && (
        <p className="gongu-own-text">
          <span>{strings.yourText}</span> <q>{content}</q>
        </p>
      )}
      <p>
        {isEdit && !isGone && onEdit && (
          <button type="button" tabIndex={tabIndex} onClick={() => onEdit(message, content)}>
            {strings.editAgain}
          </button>
        )}{' '}
        {!isGone && !isConflict && (
          <button type="button" tabIndex={tabIndex} onClick={() => onRetry(clientMessageId)}>
            {strings.tryAgain}
          </button>
        )}{' '}
        <button type="button" tabIndex={tabIndex} onClick={() => onDiscard(clientMessageId)}>
          {strings.leaveIt}
        </button>
      </p>
    </div>
  );
}
