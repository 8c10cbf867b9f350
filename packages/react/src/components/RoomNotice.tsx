import { useChatClient, useStrings } from '../chat/chat-context.ts';
import type { ChatRoomHandle } from '../chat/useChatRoom.ts';
import { useConnection } from '../chat/useConnection.ts';
import { LazyPart } from './LazyPart.tsx';

/** Milliseconds: a shorter pause is over before its end is read. */
const PAUSE_MS = 3_000;

/** What stands in the way, if anything does, and what can be done about it. */
export function RoomNotice({ room }: { readonly room: Omit<ChatRoomHandle, 'typing'> }) {
  const strings = useStrings();
  const client = useChatClient();
  const { status, online, error } = useConnection();
  // Where the server wants a longer pause before the next try: the client makes it by itself then.
  const isPaused = status === 'ready' && room.retryAtMs !== null && room.retryAtMs - Date.now() >= PAUSE_MS;
  const notice =
    status === 'closed'
      ? {
          text: <LazyPart load={loadErrorText} props={{ error }} />,
          button: { text: strings.reconnect, act: client.connect },
        }
      : room.status === 'refused'
        ? {
            text: <LazyPart load={loadErrorText} props={{ error: room.error }} />,
            button: { text: strings.enterAgain, act: room.rejoin },
          }
        : room.status === 'gone' || isPaused
          ? null
          : status === 'waiting' && !online
            ? { text: strings.offline }
            : status !== 'ready' || room.status === 'joining' || room.status === 'stale'
              ? { text: strings.connecting }
              : null;
  const button = notice && 'button' in notice ? notice.button : undefined;
  // The server has said so: there is a way to load what it means.
  const tells = notice === null && (room.status === 'gone' || isPaused);
  return (
    <div className="gongu-state" role="status" data-shown={notice !== null || tells}>
      {notice && <span>{notice.text}</span>}
      {button && (
        <button type="button" onClick={() => button.act()}>
          {button.text}
        </button>
      )}
      {tells && <LazyPart load={loadGone} props={{ room }} />}
    </div>
  );
}

const loadErrorText = async () => (await import('./ErrorText.tsx')).ErrorText;
const loadGone = async () => (await import('./GoneNotice.tsx')).GoneNotice;
