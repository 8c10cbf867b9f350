import { type ChatService, startChatService } from '@gongu/testkit';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { createAttachmentLinks, type Upload, type UploadPlace, uploadFile } from '../src/files/index.ts';
import { httpGateway } from './fixture/http-gateway.ts';
import { shopper } from './fixture/shopper.ts';

let chat: ChatService;
beforeAll(async () => {
  chat = await startChatService({ RATE_UPLOADS_PER_HOUR: '0', UPLOAD_MAX_BYTES: '4000000' });
});
afterAll(() => chat?.close());

const PICTURE = 'R0lGODlhAQABAIAAAP8AAP///yH5BAAAAAAALAAAAAABAAEAAAICRAEAOw==';
const picture = (name = 'a.gif') => new File([Buffer.from(PICTURE, 'base64')], name, { type: 'image/gif' });
const pdf = (bytes: number) => new File([`%PDF-1.7${'x'.repeat(bytes - 8)}`], '안내.pdf', { type: 'application/pdf' });

function settled(upload: Upload) {
  return new Promise<ReturnType<Upload['getSnapshot']>>((resolve) => {
    const look = () => {
      const snapshot = upload.getSnapshot();
      if (!['uploading', 'checking'].includes(snapshot.status)) resolve(snapshot);
    };
    onTestFinished(upload.subscribe(look));
    look();
  });
}

test.each(['websocket', 'sse'])(
  'files are uploaded, sent by %s in one message without a text, and linked to for all',
  async (how) => {
    const roomId = await chat.room();
    const url = how === 'sse' ? (await httpGateway(chat.url)).url : chat.url;
    const [ann, bob] = ['ann', 'bob'].map((user) => shopper({ url, token: () => chat.token(user), roomId }));
    await Promise.all([ann, bob].map((one) => one!.until(({ status }) => status === 'live')));
    expect(ann!.client.connection.getSnapshot().transport).toBe(how);
    const uploads = [picture(), pdf(200_000)].map((file) => uploadFile(ann!.client, roomId, file));
    const done = await Promise.all(uploads.map(settled));
    expect(done).toMatchObject([
      { status: 'done', loaded: picture().size, attachment: { name: 'a.gif', type: 'image/gif', width: 1, height: 1 } },
      { status: 'done', loaded: 200_000, attachment: { name: '안내.pdf', type: 'application/pdf', bytes: 200_000 } },
    ]);
    const attachments = done.map(({ attachment }) => attachment!);
    expect(ann!.room.send({ content: '' })).toMatchObject({ ok: false, error: { code: 'VALIDATION_FAILED' } });
    expect(ann!.room.send({ content: '', attachments })).toMatchObject({ ok: true });
    expect(ann!.snapshot().outgoing[0]?.attachments).toEqual(attachments);
    await bob!.until(({ messages }) => messages.some((message) => 'attachments' in message));
    const message = bob!.snapshot().messages.find((one) => one.kind === 'CHAT')!;
    expect(message).toMatchObject({ content: '', attachments });

    const links = createAttachmentLinks(bob!.client, roomId);
    const [first, second, none, again] = await Promise.all(
      [attachments[0]!.id, attachments[1]!.id, 'none', attachments[0]!.id].map((id) => links.get(id)),
    );
    expect(none).toMatchObject({ ok: false, error: { code: 'NOT_FOUND' } });
    expect(again).toEqual(first);
    const [small, large] = [first, second].map((link) => (link?.ok ? link.value : null));
    expect(small!.thumbnailUrl).toMatch(/^http/);
    for (const url of [small!.url, small!.thumbnailUrl!, large!.url]) expect((await fetch(url)).status).toBe(200);
  },
);

test('a link that could not be had says why, which is not that the file is gone; the next one is asked for', async () => {
  const answers = [
    { ok: false, error: { code: 'CONNECTION_LOST', message: 'cut', errors: [] } },
    { ok: true, value: { items: [{ id: 'a', url: '/files/a', expiresAt: '' }] } },
    { ok: true, value: { items: [] } },
  ];
  const client = { url: 'http://chat.test', request: async () => answers.shift() } as never;
  const links = createAttachmentLinks(client, 'room');
  expect(await links.get('a')).toMatchObject({ ok: false, error: { code: 'CONNECTION_LOST' } });
  expect(await links.get('a')).toMatchObject({ ok: true, value: { url: 'http://chat.test/files/a' } });
  // Kept, until it is known to be of no use.
  expect(await links.get('a')).toMatchObject({ ok: true });
  expect(await links.get('a', { isAnew: true })).toMatchObject({ ok: false, error: { code: 'NOT_FOUND' } });
});

test('what is refused fails with a reason; what was given up is not sent; an empty file is not even asked for', async () => {
  const roomId = await chat.room();
  const ann = shopper({ url: chat.url, token: () => chat.token('ann'), roomId });
  await ann.until(({ status }) => status === 'live');
  const upload = (file: File) => uploadFile(ann.client, roomId, file);
  // As a recorder calls it.
  const webm = new File([Buffer.from('1a45dfa3', 'hex'), 'webm'], 'a.webm', { type: 'audio/webm;codecs=opus' });
  expect(await settled(upload(webm))).toMatchObject({ status: 'done', attachment: { name: 'a.webm' } });
  const zip = new File(['PK\x03\x04'], 'a.png', { type: 'image/png' });
  expect(await settled(upload(zip))).toMatchObject({
    status: 'failed',
    error: { code: 'UPLOAD_REFUSED', reason: 'ARCHIVE', message: expect.stringMatching(/Archives/) },
  });
  expect(await settled(upload(pdf(4_000_001)))).toMatchObject({ status: 'failed', error: { code: 'UPLOAD_REFUSED' } });
  expect(await settled(upload(new File([], 'a.png')))).toMatchObject({ error: { code: 'UPLOAD_REFUSED' } });
  const given = upload(pdf(1_000_000));
  given.cancel();
  expect(await settled(given)).toMatchObject({ status: 'cancelled', attachment: null });
  given.retry();
  expect(given.getSnapshot().status).toBe('cancelled');
});

test('a place that has ended before the bytes went is asked for anew, also where this machine’s clock is behind', async () => {
  const roomId = await chat.room();
  const ann = shopper({ url: chat.url, token: () => chat.token('ann'), roomId });
  await ann.until(({ status }) => status === 'live');
  const file = pdf(1_000);
  const body = { name: file.name, type: file.type, bytes: file.size };
  const announced = await ann.client.request<UploadPlace>('POST', `/rooms/${roomId}/uploads`, body);
  if (!announced.ok) throw new Error(announced.error.message);
  const place = announced.value;
  for (const [url, at] of [
    [place.url, Date.now() - 1_000],
    // It says that it is good, and is not.
    [place.url.replace(/(signature=)(.)/, (_, name, first) => name + (first === 'A' ? 'B' : 'A')), Date.now() + 60_000],
  ] as const) {
    const from = { place: { ...place, url, expiresAt: new Date(at).toISOString() } };
    const upload = uploadFile(ann.client, roomId, file, { from });
    expect(await settled(upload)).toMatchObject({ status: 'done', attachment: { bytes: 1_000 } });
    expect(upload.getSnapshot().place!.uploadId).not.toBe(place.uploadId);
  }
});

test('a network that is cut fails the upload; trying again finishes it', async () => {
  const roomId = await chat.room();
  const ann = shopper({ url: chat.url, token: () => chat.token('ann'), roomId });
  await ann.until(({ status }) => status === 'live');
  // Time runs a hundred times faster, for the pauses between tries.
  const clock = {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    after: (ms: number, task: () => void) => {
      const timer = setTimeout(task, ms / 100);
      return () => clearTimeout(timer);
    },
  };
  let isCut = true;
  const client = {
    url: ann.client.url,
    connection: ann.client.connection,
    request: ((method, path, body) =>
      isCut && path.endsWith('/complete')
        ? Promise.resolve({ ok: false, error: { code: 'CONNECTION_LOST', message: 'cut', errors: [] } })
        : ann.client.request(method, path, body)) as typeof ann.client.request,
  };
  const upload = uploadFile(client, roomId, pdf(1_000), { clock });
  expect(await settled(upload)).toMatchObject({ status: 'failed', error: { code: 'CONNECTION_LOST' } });
  isCut = false;
  upload.retry();
  expect(await settled(upload)).toMatchObject({ status: 'done', loaded: 1_000, attachment: { bytes: 1_000 } });
});
