import { type ReportReason, roomOrder } from '@gongu/client';
import { type FormEvent, useEffect, useId, useRef, useState } from 'react';
import { useChatClient } from '../chat/chat-context.ts';
import { useToolStrings } from '../chat/useToolStrings.ts';

export interface ReportDialogProps {
  readonly roomId: string;
  readonly seq: number;
  /** Shows for a moment how it went. */
  readonly tell: (text: string) => void;
  readonly onClose: () => void;
}

const REASONS = ['SPAM', 'ABUSE', 'FRAUD', 'OTHER'] as const;
/** Characters of a note, at most. */
const NOTE_CHARS = 500;

/** Reports a message: asks why. What was written stays where it is refused. */
export function ReportDialog({ roomId, seq, tell, onClose }: ReportDialogProps) {
  const strings = useToolStrings();
  const client = useChatClient();
  const titleId = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  const note = useRef<HTMLTextAreaElement>(null);
  const [reason, setReason] = useState<ReportReason>('SPAM');
  const [refusal, setRefusal] = useState<string | null>(null);
  useEffect(() => dialog.current?.showModal(), []);
  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    const text = note.current?.value.trim() ?? '';
    const done = await roomOrder(client, roomId).report(seq, { reason, ...(text === '' ? {} : { note: text }) });
    if (!done.ok) return setRefusal(strings.error(done.error));
    dialog.current?.close();
    tell(strings.reported);
  }
  return (
    <dialog ref={dialog} className="gongu-ask" aria-labelledby={titleId} onClose={onClose}>
      <form onSubmit={(event) => void submit(event)}>
        <h2 id={titleId}>{strings.reportTitle}</h2>
        {REASONS.map((each) => (
          <label key={each} className="gongu-choice">
            <input type="radio" name="reason" checked={reason === each} onChange={() => setReason(each)} />
            {strings.reportReasons[each]}
          </label>
        ))}
        <label>
          {strings.reportNote}
          <textarea ref={note} className="gongu-line-field" rows={3} maxLength={NOTE_CHARS} />
        </label>
        <p role="status" className="gongu-refusal">
          {refusal}
        </p>
        <p>
          <button type="submit">{strings.sendReport}</button>
          <button type="button" onClick={() => dialog.current?.close()}>
            {strings.cancel}
          </button>
        </p>
      </form>
    </dialog>
  );
}
