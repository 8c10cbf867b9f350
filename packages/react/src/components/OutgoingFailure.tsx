import type { Outgoing } from '@gongu/client';
import { useToolStrings } from '../chat/useToolStrings.ts';
import { fileError } from './UploadTray.tsx';

export interface OutgoingFailureProps {
  readonly outgoing: Outgoing;
  readonly tabIndex: number;
  readonly onRetry: (clientMessageId: string) => void;
  readonly onDiscard: (clientMessageId: string) => void;
  /** Gives it another text, from that one on, and sends it again. */
  readonly onEdit?: ((outgoing: Outgoing, content: string) => void) | undefined;
}

/** Why a message was not sent, and what can be done. */
export function OutgoingFailure({ outgoing, tabIndex, onRetry, onDiscard, onEdit }: OutgoingFailureProps) {
  const strings = useToolStrings();
  const { error, clientMessageId } = outgoing;
  // What is wrong with which file is said at it.
  const isOfFile = error?.code === 'RATE_LIMITED' && !!outgoing.files?.some((file) => file.error);
  // The same file is refused again: it can be taken out.
  const isFinal = error?.code === 'UPLOAD_REFUSED' || error?.code === 'FILE_LOST';
  // The service has given them up; another try uploads them anew.
  const isLate = error?.errors.some(({ path }) => path === 'attachments');
  const why = isLate
    ? strings.fileRefused('GONE')
    : isOfFile
      ? fileError(error, strings)
      : error && strings.error(error);
  return (
    <p className="gongu-failure">
      <span>{why}</span>{' '}
      {!isFinal && (
        <button type="button" tabIndex={tabIndex} onClick={() => onRetry(clientMessageId)}>
          {strings.retry}
        </button>
      )}{' '}
      {!isFinal && onEdit && (
        <button type="button" tabIndex={tabIndex} onClick={() => onEdit(outgoing, outgoing.content)}>
          {strings.edit}
        </button>
      )}{' '}
      <button type="button" tabIndex={tabIndex} onClick={() => onDiscard(clientMessageId)}>
        {strings.discard}
      </button>
    </p>
  );
}
