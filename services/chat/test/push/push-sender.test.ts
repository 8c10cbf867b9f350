import { createECDH } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { startPushService, type TestPushService } from '@gongu/testkit';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pushPayload } from '../../src/push/push-payload.ts';
import { createPushSender } from '../../src/push/push-sender.ts';
import { vapidKeysOf } from '../../src/push/vapid-keys.ts';

const pair = createECDH('prime256v1');
pair.generateKeys();
const keys = vapidKeysOf(pair.getPrivateKey('base64url').padStart(43, 'A'));
const contact = 'mailto:shop@shop.example';
let service: TestPushService;
let sender: ReturnType<typeof createPushSender>;
beforeAll(async () => {
  service = await startPushService();
  sender = createPushSender({ keys, contact, allowPrivate: true, ca: readFileSync(service.ca, 'utf8') });
});
afterAll(async () => {
  sender?.close();
  await service?.close();
});

describe('a push', () => {
  it('is encrypted for the device, signed for its push service, and replaces an older one of its room', async () => {
    const device = service.device();
    expect(await sender.send(device, '{"unread":1}', 'r1')).toEqual({ kind: 'sent' });
    expect(await sender.send(device, '{"unread":2}', 'r1')).toEqual({ kind: 'sent' });
    expect(await sender.send(device, '{"unread":1}', 'r2')).toEqual({ kind: 'sent' });
    expect(device.pushes.map(({ text }) => text)).toEqual(['{"unread":1}', '{"unread":2}', '{"unread":1}']);
    const [first, second, other] = device.pushes.map(({ headers }) => headers);
    expect(first).toMatchObject({ ttl: '86400', 'content-encoding': 'aes128gcm' });
    expect(first?.topic).toMatch(/^[A-Za-z0-9_-]{32}$/);
    expect([second?.topic, other?.topic]).toEqual([first?.topic, expect.not.stringMatching(String(first?.topic))]);
    const [, token, key] = /^vapid t=([^,]+), ?k=(.+)$/.exec(first?.authorization ?? '') ?? [];
    expect(key).toBe(keys.publicKey);
    expect(decodeJwt(token!)).toMatchObject({ aud: new URL(device.endpoint).origin, sub: contact });
  });

  it.each([
    [201, {}, { kind: 'sent' }],
    [404, {}, { kind: 'gone' }],
    [410, {}, { kind: 'gone' }],
    [400, {}, { kind: 'refused' }],
    [413, {}, { kind: 'refused' }],
    [307, { location: 'https://127.0.0.1:1/' }, { kind: 'refused' }],
    [429, { 'retry-after': '7' }, { kind: 'again', afterMs: 7_000 }],
    [503, { 'retry-after': 'Wed, 21 Oct 2026 07:28:00 GMT' }, { kind: 'again', afterMs: null }],
    [500, {}, { kind: 'again', afterMs: null }],
  ])('that is answered with %s %o is %o', async (status, headers, outcome) => {
    const device = service.device();
    device.answers = [{ status, headers: headers as Record<string, string> }];
    expect(await sender.send(device, '{}', 'r')).toEqual(outcome);
    expect(device.requests).toBe(1);
  });

  it('to nobody who listens may be tried again, and one with keys of no curve is refused', async () => {
    const device = service.device();
    expect(await sender.send({ ...device, endpoint: 'https://127.0.0.1:1/x' }, '{}', 'r')).toMatchObject({
      kind: 'again',
    });
    const p256dh = `B${'A'.repeat(86)}`;
    expect(await sender.send({ ...device, keys: { ...device.keys, p256dh } }, '{}', 'r')).toEqual({ kind: 'refused' });
  });

  it('reaches no private address, by number or by name, unless that is allowed', async () => {
    const guarded = createPushSender({ keys, contact, allowPrivate: false, ca: readFileSync(service.ca, 'utf8') });
    const device = service.device();
    for (const host of ['127.0.0.1', 'localhost', '[::1]', '[::ffff:127.0.0.1]', '10.0.0.1', '169.254.169.254']) {
      const endpoint = device.endpoint.replace('127.0.0.1', host);
      expect([host, await guarded.send({ ...device, endpoint }, '{}', 'r')]).toEqual([
        host,
        { kind: 'again', afterMs: null },
      ]);
    }
    expect(device.requests).toBe(0);
    guarded.close();
  });
});

describe('what a push says', () => {
  const absent = {
    roomId: 'r',
    title: '감'.repeat(100),
    unread: 3,
    target: { endpoint: '', keys: { p256dh: '', auth: '' } },
  };

  it('is the room, how many are unread and, where it is told, the newest text', () => {
    expect(JSON.parse(pushPayload({ ...absent, newest: null }))).toEqual({
      ...{ type: 'unread', roomId: 'r', title: absent.title, unread: 3 },
    });
    const notice = { event: 'notice.filling', participantCount: 8, maxParticipants: 10 } as const;
    const told = pushPayload({ ...absent, newest: { from: null, fromUserId: null, text: '내일 출발합니다', notice } });
    expect(JSON.parse(told)).toMatchObject({ from: null, text: '내일 출발합니다', notice });
  });

  it.each(['한', 'a', '👩‍👩‍👧', '\u0001', '"'])(
    'has room in a push, and ends with a whole character: many of %j',
    (one) => {
      const told = pushPayload({
        ...absent,
        newest: { from: '감'.repeat(50), fromUserId: 'a', text: one.repeat(4_000) },
      });
      expect(Buffer.byteLength(told)).toBeLessThan(3_993);
      const { text } = JSON.parse(told) as { text: string };
      expect(text).toBe(`${one.repeat((text.length - 1) / one.length)}…`);
      expect(text.length).toBeGreaterThan(200);
    },
  );
});
