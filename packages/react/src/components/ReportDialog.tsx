import { LIMITS, type ReportReason } from '@gongu/client';
import { useRef, useState } from 'react';
import type { ChatRoomHandle } from '../chat/useChatRoom.ts';
import { useToolStrings } from '../chat/useToolStrings.ts';
import { FormDialog } from './FormDialog.tsx';

export interface ReportDialogProps {
  readonly room: Pick<ChatRoomHandle, 'report'>;
  readonly seq: number;
  /** It is on its way, under that id. What is refused stands below the message, with what was written. */
  readonly onAsked: (id: string) => void;
  /** Shows for a moment why nothing was asked. */
  readonly tell: (text: string) => void;
  readonly onClose: () => void;
}

const REASONS = ['SPAM', 'ABUSE', 'FRAUD', 'OTHER'] as const;

/** Reports a message: asks why. */
export function ReportDialog({ room, seq, onAsked, tell, onClose }: ReportDialogProps) {
  const strings = useToolStrings();
  const field = useRef<HTMLTextAreaElement>(null);
  const [reason, setReason] = useState<ReportReason>('SPAM');
  function report(): void {
    const asked = room.report(seq, { reason, note: field.current?.value.trim() ?? '' });
    if (asked.ok) onAsked(asked.value);
    else tell(strings.error(asked.error));
  }
  return (
    <FormDialog title={strings.reportTitle} yes={strings.sendReport} onYes={report} onClose={onClose}>
      {REASONS.map((each) => (
        <label key={each} className="gongu-choice">
          <input type="radio" name="reason" checked={reason === each} onChange={() => setReason(each)} />
          {strings.reportReasons[each]}
        </label>
      ))}
      <label>
        {strings.reportNote}
        <textarea ref={field} className="gongu-line-field" rows={3} maxLength={LIMITS.reasonChars} />
      </label>
    </FormDialog>
  );
}
