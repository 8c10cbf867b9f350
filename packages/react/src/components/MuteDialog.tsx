import { useState } from 'react';
import type { ChatRoomHandle } from '../chat/useChatRoom.ts';
import { useConnection } from '../chat/useConnection.ts';
import { useToolStrings } from '../chat/useToolStrings.ts';
import { FormDialog } from './FormDialog.tsx';

export interface MuteDialogProps {
  readonly room: Pick<ChatRoomHandle, 'restrict'>;
  readonly person: { readonly userId: string; readonly name: string };
  /** Shows for a moment that it is done; what is refused is told by the list. */
  readonly tell: (text: string) => void;
  readonly onClose: () => void;
}

/** Milliseconds of a mute; null: until it is lifted. */
const SPANS = [600_000, 3_600_000, 86_400_000, 604_800_000, null] as const;

/** Mutes somebody in a room: asks for how long. */
export function MuteDialog({ room, person, tell, onClose }: MuteDialogProps) {
  const strings = useToolStrings();
  const isReady = useConnection().status === 'ready';
  const [span, setSpan] = useState('0');
  function mute(): void {
    const forMs = SPANS[Number(span)];
    const asked = room.restrict(person.userId, { kind: 'MUTE', ...(forMs ? { forMs } : {}) });
    tell(asked.ok ? (isReady ? strings.done : strings.sentLater) : strings.error(asked.error));
  }
  const title = strings.mute(person.name);
  return (
    <FormDialog title={title} yes={title} onYes={mute} onClose={onClose}>
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
    </FormDialog>
  );
}
