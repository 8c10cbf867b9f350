// @microsoft/fetch-event-source, which asks for a page: here is as much of one as it looks at.
import { library, nextId, post, roomId, saw, sawMessage, talk, token, url } from './lines.mjs';

globalThis.window = globalThis;
globalThis.document = { hidden: false, addEventListener() {}, removeEventListener() {} };
const { fetchEventSource } = await library('@microsoft/fetch-event-source');

await post('/participants', {});
fetchEventSource(`${url}/api/chat/rooms/${roomId}/events?after=0`, {
  headers: { authorization: `Bearer ${token}` },
  onmessage({ event, data }) {
    if (event === 'message') sawMessage(JSON.parse(data));
    else if (data === '') saw('empty', { event });
  },
  onclose() {
    throw new Error('the stream ended'); // else it would not come back
  },
  onerror({ message }) {
    saw('over', { message });
    return 300;
  },
});
talk(
  (content) => post('/messages', { clientMessageId: nextId(), content }),
  () => process.exit(0),
);
