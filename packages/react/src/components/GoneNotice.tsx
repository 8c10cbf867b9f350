import type { ChatRoomHandle } from '../chat/useChatRoom.ts';
import { useToolStrings } from '../chat/useToolStrings.ts';

const DAY_MS = 86_400_000;

/** Why one is no longer in a room, or not yet again, and what can be done about it. */
export function GoneNotice({ room }: { readonly room: Omit<ChatRoomHandle, 'typing'> }) {
  const strings = useToolStrings();
  const isBack = { text: strings.enterAgain, act: room.rejoin };

  function notice(): { readonly text: string; readonly button?: typeof isBack } {
    if (room.status !== 'gone') return { text: strings.entersAt(timeOf(room.retryAtMs ?? 0)) };
    if (room.gone === 'left') return { text: strings.left, button: isBack };
    if (room.gone === 'ended') return { text: strings.ended };
    if (room.goneReason === 'NOT_A_BUYER') return { text: strings.notABuyer };
    if (room.goneReason === 'BANNED') return { text: strings.banned };
    const madeRoom = { GAVE_WAY: strings.gaveWay, CAP_LOWERED: strings.capLowered }[room.goneReason ?? ''];
    if (madeRoom) return { text: madeRoom, button: { text: strings.lookOn, act: room.rejoin } };
    const text = room.gone === 'removed' ? strings.removed : strings.roomRemoved;
    // Where the room still takes people. Who has to wait after a removal is told until when, and enters by himself then.
    return room.gone === 'removed' && room.room?.status === 'ACTIVE' ? { text, button: isBack } : { text };
  }

  function timeOf(atMs: number): string {
    const isFar = atMs - Date.now() >= DAY_MS;
    return new Date(atMs).toLocaleString(strings.locale, {
      ...(isFar ? { dateStyle: 'medium' } : {}),
      timeStyle: 'medium',
    });
  }

  const { text, button } = notice();
  return (
    <>
      <span>{text}</span>
      {button && (
        <button type="button" onClick={() => button.act()}>
          {button.text}
        </button>
      )}
    </>
  );
}
