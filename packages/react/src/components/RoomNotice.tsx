import { useChatClient, useStrings } from '../chat/chat-context.ts';
import type { ChatRoomHandle } from '../chat/useChatRoom.ts';
import { useConnection } from '../chat/useConnection.ts';

/** Milliseconds: a shorter pause is over before its end is read. */
const PAUSE_MS = 3_000;
const DAY_MS = 86_400_000;

/** What stands in the way, if anything does, and what can be done about it. */
export function RoomNotice({ room }: { readonly room: Omit<ChatRoomHandle, 'typing'> }) {
  const strings = useStrings();
  const client = useChatClient();
  const { status, online, error } = useConnection();
  const isBack = { text: strings.enterAgain, act: room.rejoin };

  const notice =
    status === 'closed'
      ? { text: error ? strings.error(error) : '', button: { text: strings.reconnect, act: client.connect } }
      : room.status === 'refused'
        ? { text: room.error ? strings.error(room.error) : '', button: isBack }
        : room.status === 'gone'
          ? goneNotice()
          : status === 'waiting' && !online
            ? { text: strings.offline }
            : status !== 'ready' || room.status === 'joining' || room.status === 'stale'
              ? { text: pausedText() ?? strings.connecting }
              : null;

  /** Where the server wants a longer pause before the next try: the client makes it by itself then. */
  function pausedText(): string | null {
    const leftMs = status === 'ready' && room.retryAtMs !== null ? room.retryAtMs - Date.now() : 0;
    if (leftMs < PAUSE_MS) return null;
    const style = { ...(leftMs < DAY_MS ? {} : { dateStyle: 'medium' as const }), timeStyle: 'medium' as const };
    return strings.entersAt(new Date(room.retryAtMs!).toLocaleString(strings.locale, style));
  }

  function goneNotice() {
    if (room.gone === 'left') return { text: strings.left, button: isBack };
    if (room.gone === 'ended') return { text: strings.ended };
    if (room.goneReason === 'NOT_A_BUYER') return { text: strings.notABuyer };
    const madeRoom = { GAVE_WAY: strings.gaveWay, CAP_LOWERED: strings.capLowered }[room.goneReason ?? ''];
    if (madeRoom) return { text: madeRoom, button: { text: strings.lookOn, act: room.rejoin } };
    const text = room.gone === 'removed' ? strings.removed : strings.roomRemoved;
    // Where the room still takes people. Who has to wait after a removal is told until when, and enters by himself then.
    return room.gone === 'removed' && room.room?.status === 'ACTIVE' ? { text, button: isBack } : { text };
  }

  const button = notice && 'button' in notice ? notice.button : undefined;
  return (
    <div className="gongu-state" role="status" data-shown={notice !== null}>
      {notice && <span>{notice.text}</span>}
      {button && (
        <button type="button" onClick={() => button.act()}>
          {button.text}
        </button>
      )}
    </div>
  );
}
