import { createChatClient } from '@gongu/client';
import { StrictMode, useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';
import {
  ChatProvider,
  messageRows,
  useChatClient,
  useChatRoom,
  useConnection,
  useHistoryScroll,
  useStrings,
} from '../../src/index.ts';
import type { PageConfig } from '../fixture/chat-page.ts';
import { keepNoTraces } from './no-traces.ts';
import './page.css';

keepNoTraces();

const { url, token, roomId } = JSON.parse(new URLSearchParams(location.search).get('config') ?? '{}') as PageConfig;

/** A conversation of one's own making, from the hooks alone. */
function Conversation() {
  const room = useChatRoom(roomId);
  const [heads] = useState(() => new Set<number>());
  const { messages, outgoing, you, hasOlder, hasNewer } = room;
  const rows = messageRows({
    messages,
    outgoing,
    me: you?.userId ?? null,
    hasOlder,
    hasNewer,
    unreadAfterSeq: null,
    heads,
  });
  const { loadOlder, loadNewer, read } = room;
  const scroll = useHistoryScroll({ rows, hasOlder, hasNewer, loadOlder, loadNewer, onSeen: read, estimatePx: 20 });
  return (
    <div>
      <output id="status">{room.status}</output>
      <button type="button" id="say" onClick={() => room.send({ content: 'said' })}>
        say
      </button>
      {/* A place of fixed height, as every scroller needs one. */}
      <div id="place" ref={scroll.scrollerRef as React.Ref<HTMLDivElement>}>
        <div style={{ height: scroll.totalPx, position: 'relative' }}>
          {scroll.items.map(({ key, index, start }) => {
            const row = rows[index]!;
            return (
              <p
                key={key}
                ref={scroll.measureRef}
                data-index={index}
                style={{ position: 'absolute', margin: 0, transform: `translateY(${start}px)` }}
              >
                {'message' in row ? row.message.content : row.kind}
              </p>
            );
          })}
        </div>
      </div>
    </div>
  );
}

/** Shows that two components share a room, that one can go and come, and how many joins that costs. */
function Page() {
  const [isShown, setIsShown] = useState(true);
  const { status, transport } = useConnection();
  const client = useChatClient();
  const strings = useStrings();
  const [rooms, setRooms] = useState('');
  useEffect(() => {
    if (status !== 'ready') return;
    void client.myRooms().then((mine) => setRooms(mine.ok ? `${mine.value.items.length} rooms` : mine.error.code));
  }, [client, status]);
  return (
    <>
      <output id="connection">{`${status} ${transport}`}</output>
      <output id="rooms">{rooms}</output>
      <output id="send">{strings.send}</output>
      <button type="button" id="toggle" onClick={() => setIsShown(!isShown)}>
        toggle
      </button>
      {isShown && <Conversation />}
      {isShown && <Count />}
    </>
  );
}

function Count() {
  return <output id="count">{useChatRoom(roomId).messages.length}</output>;
}

/** A client of the page's own, whose connection is the page's affair. */
const client = createChatClient({ url, token: () => token });

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <ChatProvider client={client} locale="ko" strings={{ send: '전송!' }}>
      <Page />
    </ChatProvider>
  </StrictMode>,
);
