import { createRoot } from 'react-dom/client';
import { ChatProvider, ChatRoom, english, type MessageParts, useChatRoom } from '../../src/index.ts';
import type { PageConfig } from '../fixture/chat-page.ts';
import { keepNoTraces } from './no-traces.ts';
import './page.css';

keepNoTraces();

const { url, token, roomId } = JSON.parse(new URLSearchParams(location.search).get('config') ?? '{}') as PageConfig;

/** Renders so far: of the whole room (it says how it stands), of a component that selects, and of messages. */
const renders = { room: 0, unread: 0, messages: 0 };
(globalThis as unknown as { renders: typeof renders }).renders = renders;

function Unread() {
  renders.unread++;
  const { messages } = useChatRoom(roomId, (room) => ({ messages: room.messages.length, status: room.status }));
  return <output id="messages">{messages}</output>;
}

/** Says when nothing is on its way any more: both are here, and have read all. */
function Quiet() {
  const isQuiet = useChatRoom(roomId, ({ participants, lastSeq, readSeq, room }) => {
    const bob = participants.find(({ userId }) => userId === 'bob');
    return room?.onlineCount === 2 && readSeq === lastSeq && bob?.online === true && bob.lastReadSeq === lastSeq;
  });
  return <output id="quiet">{String(isQuiet)}</output>;
}

const status = {
  ...english.status,
  get ACTIVE() {
    renders.room++;
    return english.status.ACTIVE;
  },
};

const parts: MessageParts = {
  below() {
    renders.messages++;
    return null;
  },
};

createRoot(document.getElementById('root')!).render(
  <ChatProvider url={url} token={() => token} locale="en" strings={{ status }}>
    <Unread />
    <Quiet />
    <ChatRoom roomId={roomId} parts={parts} />
  </ChatProvider>,
);
