import { type ChatService, startChatService } from '@gongu/testkit';
import SockJS from 'sockjs-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** The least that may be configured. */
const QUEUE_BYTES = 16_384;
/** Under the 2 MiB that a recovery may have; every character of it takes four on SockJS's wire. */
const MESSAGES = 480;
const TEXT = '"'.repeat(3_900);

let chat: ChatService;
let roomId: string;
beforeAll(async () => {
  chat = await startChatService({ SEND_QUEUE_BYTES: String(QUEUE_BYTES), RATE_MESSAGES_PER_SECOND: '0' });
  roomId = await chat.room({ maxParticipants: 100 });
  await chat.fill(roomId, 'ann', MESSAGES, () => TEXT);
});
afterAll(async () => {
  await chat?.close();
});

describe('a SockJS client that comes back far behind', () => {
  // A session with a small queue was closed as too slow by its own recovery, again with each return, and never came back.
  it.each(['xhr-polling', 'xhr-streaming', 'eventsource', 'websocket'])(
    'gets a recovery of 2 MiB over %s, however small SEND_QUEUE_BYTES is',
    async (transport) => {
      const socket = new SockJS(`${chat.url}/ws/chat?token=${chat.token('ben')}`, null, { transports: transport });
      let recovered = false;
      const seqs: number[] = [];
      const hear = ({ content, seq }: { content: string; seq: number }) => void (content === TEXT && seqs.push(seq));
      await new Promise<void>((resolve, reject) => {
        socket.onopen = () => socket.send(JSON.stringify({ type: 'join', roomId, after: 0 }));
        socket.onmessage = ({ data }) => {
          const frame = JSON.parse(data);
          if (frame.type === 'joined') {
            recovered = frame.recovered;
            frame.messages.forEach(hear);
            // What has no room in one frame follows by itself.
          } else if (frame.type === 'message') hear(frame);
          if (seqs.length >= MESSAGES) resolve();
        };
        socket.onclose = ({ code, reason }) => reject(new Error(`closed ${code} ${reason}`));
      });
      socket.close();
      expect(recovered).toBe(true);
      expect(seqs).toEqual(Array.from(seqs, (_, i) => seqs[0]! + i));
    },
  );
});
