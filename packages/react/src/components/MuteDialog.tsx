import { roomOrder } from '@gongu/client';
import { type FormEvent, useEffect, useId, useRef, useState } from 'react';
import { useChatClient } from '../chat/chat-context.ts';
import { useToolStrings } from '../chat/useToolStrings.ts';

export interface MuteDialogProps {
  readonly roomId: string;
  readonly person: { readonly userId: string; readonly name: string };
  /** Shows for a moment how it went. */
  readonly tell: (text: string) => void;
  readonly onClose: () => void;
}

/** Milliseconds of a mute; null: until it is lifted. */
const SPANS = [600_000, 3_600_000, 86_400_000, 604_800_000, null] as const;

/** Mutes somebody in a room: asks for how long. */
export function MuteDialog({ roomId, person, tell, onClose }: MuteDialogProps) {
  const strings = useToolStrings();
  const client = useChatClient();
  const titleId = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  const [span, setSpan] = useState('0');
  useEffect(() => dialog.current?.showModal(), []);
  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    const ms = SPANS[Number(span)] ?? null;
    const until = ms === null ? {} : { until: new Date(Date.now() + ms).toISOString() };
    dialog.current?.close();
    const done = await roomOrder(client, roomId).restrict(person.userId, { kind: 'MUTE', ...until });
    tell(done.ok ? strings.done : strings.error(done.error));
  }
  return (
    <dialog ref={dialog} className="gongu-ask" aria-labelledby={titleId} onClose={onClose}>
      <form onSubmit={(event) => void submit(event)}>
        <h2 id={titleId}>{strings.mute(person.name)}</h2>
        <p>
          <label>
            {strings.muteFor}{' '}
            <select value={span} onChange={({ target }) => setSpan(target.value)}>
              {SPANS.map((ms, i) => (
                <option key={ms} value={i}>
                  {ms === null ? strings.untilLifted : strings.span(ms)}
                </option>
              ))}
            </select>
          </label>
        </p>
        <p>
          <button type="submit">{strings.mute(person.name)}</button>
          <button type="button" onClick={() => dialog.current?.close()}>
            {strings.cancel}
          </button>
        </p>
      </form>
    </dialog>
  );
}
