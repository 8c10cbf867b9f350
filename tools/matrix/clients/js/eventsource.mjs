// eventsource 2 to 5, which comes back by itself with the last id.
import { library, nextId, post, roomId, saw, sawMessage, talk, token, url } from './lines.mjs';

const found = await library('eventsource');
const EventSource = found.EventSource ?? found.default?.EventSource ?? found.default;

await post('/participants', {});
const source = new EventSource(`${url}/api/chat/rooms/${roomId}/events?token=${token}&after=0`);
source.addEventListener('message', ({ data }) => sawMessage(JSON.parse(data)));
source.addEventListener('error', ({ data }) => saw('over', { data }));
talk(
  (content) => post('/messages', { clientMessageId: nextId(), content }),
  () => process.exit(0),
);
