import { brokenPromises } from '@gongu/testkit';
import { expect, it } from 'vitest';
import { chatOfThisFile } from '../fixture/chat.ts';
import { authorizationOf, SERVICE } from '../fixture/tokens.ts';

const given = chatOfThisFile();

it('the document and the code agree on what is valid: the least and the most of every field, and each fault', async () => {
  const chat = await given.start({
    PUSH_KEY: 'Zm91cnR5LXRocmVlIGNoYXJhY3RlcnMgb2YgYmFzZTY',
    PUSH_CONTACT: 'mailto:shop@shop.example',
    ...{ WEBHOOK_ALLOW_PRIVATE: '1', MAX_WEBHOOKS: '0' },
  });
  const roomId = await chat.room();
  for (const as of ['ann', 'bob']) await chat.call('POST', `/api/chat/rooms/${roomId}/participants`, { as, body: {} });
  const { broken, sent } = await brokenPromises({
    url: chat.url,
    as: (operation) =>
      authorizationOf(
        /^(?:GET|DELETE) .*rooms$|search$|read$|tickets$|push-[a-z]+$|emoji}$|^POST .*(?:participants|reports|uploads|complete)$/.test(
          operation,
        )
          ? 'ann'
          : SERVICE,
      ),
    given: {
      roomId,
      // Not she who asks: he is refused and erased on the way.
      userId: 'bob',
      productId: 'a-room',
      maxParticipants: 100_000,
      replyTo: null,
      reason: null,
      q: '감귤',
      emoji: '👍',
      keys: { p256dh: `B${'x'.repeat(86)}`, auth: 'y'.repeat(22) },
      endpoint: 'https://push.example/1',
      content: '안녕',
      type: 'image/png',
      bytes: 9,
      attachments: null,
      attachmentId: 'none',
      ids: 'none',
      uploadId: 'none',
      participants: [{ userId: 'bob', committed: true }],
    },
  });
  expect(broken).toEqual([]);
  expect(sent).toBeGreaterThan(100);
});
