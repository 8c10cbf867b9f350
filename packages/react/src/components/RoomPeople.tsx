import { useState } from 'react';
import { useChatClient } from '../chat/chat-context.ts';
import type { ChatRoomHandle } from '../chat/useChatRoom.ts';
import { useChoices } from '../chat/useChoices.ts';
import { useConnection } from '../chat/useConnection.ts';
import { type RoomPush, useRoomPush } from '../chat/useRoomPush.ts';
import { useToolStrings } from '../chat/useToolStrings.ts';
import { LazyPart } from './LazyPart.tsx';
import { ParticipantList } from './ParticipantList.tsx';

export interface RoomPeopleProps {
  readonly roomId: string;
  readonly room: Omit<ChatRoomHandle, 'typing'>;
  /** Whether one may mute and ban others. */
  readonly isModerator: boolean;
}

/** Who is in a room, and what one chooses for oneself there. Loaded with its first use. */
export function RoomPeople({ roomId, room, isModerator }: RoomPeopleProps) {
  const strings = useToolStrings();
  const client = useChatClient();
  const { muted } = useChoices();
  const push = useRoomPush(roomId);
  const { you, participants, loadParticipants, leave } = room;
  const me = you?.userId ?? null;
  const canLeave = you !== null && you.role !== 'HOST' && room.room?.status !== 'CANCELLED';
  return (
    <>
      {isModerator ? (
        <LazyPart load={loadHost} props={{ room, me }} />
      ) : (
        <ParticipantList
          participants={participants}
          room={room.room}
          me={me}
          onLoadAll={() => void loadParticipants()}
        />
      )}
      <label className="gongu-mute">
        <input
          type="checkbox"
          checked={muted.includes(roomId)}
          onChange={({ target }) => {
            client.choices.mute(roomId, target.checked);
            // What is not to call for attention does not on the device either.
            if (target.checked && push.state === 'on') push.set(false);
          }}
        />
        {strings.muteRoom}
      </label>
      {canLeave && <LeaveButton leave={leave} />}
      {/* Last: it comes a moment later, and moves nothing that somebody is about to press. */}
      {you && <PushSwitch {...push} />}
    </>
  );
}

const loadHost = async () => (await import('./HostPanel.tsx')).HostPanel;

/** Ends the own membership, and says that it waits for a connection, or why it was refused. */
function LeaveButton({ leave }: Pick<ChatRoomHandle, 'leave'>) {
  const strings = useToolStrings();
  const isReady = useConnection().status === 'ready';
  const [isLeaving, setIsLeaving] = useState(false);
  const [refusal, setRefusal] = useState('');
  async function act(): Promise<void> {
    setRefusal('');
    setIsLeaving(true);
    const left = await leave();
    setIsLeaving(false);
    if (!left.ok) setRefusal(strings.error(left.error));
  }
  const said = refusal || (isLeaving && !isReady ? strings.sentLater : '');
  return (
    <>
      <button type="button" className="gongu-leave" disabled={isLeaving} onClick={() => void act()}>
        {strings.leave}
      </button>
      {said !== '' && (
        <p className="gongu-hint" role="status">
          {said}
        </p>
      )}
    </>
  );
}

/** Whether this device is told of what is unread in a room; nothing where it can't be. */
function PushSwitch({ state, error, set }: RoomPush) {
  const strings = useToolStrings();
  if (state === null || state === 'unsupported') return null;
  return (
    <>
      <label className="gongu-mute">
        <input
          type="checkbox"
          checked={state === 'on'}
          disabled={state === 'denied'}
          onChange={({ target }) => set(target.checked)}
        />
        {strings.pushRoom}
      </label>
      {(state === 'denied' || error) && (
        <p className="gongu-hint" role="status">
          {state === 'denied' ? strings.pushDenied : strings.pushFailed}
        </p>
      )}
    </>
  );
}
