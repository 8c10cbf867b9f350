import { type ChatService, startChatService } from '@gongu/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type FileStorage, type KeptFile, uploadFile } from '../src/files/index.ts';
import { createMemoryStorage, type OutboxStorage } from '../src/outbox/outbox-storage.ts';
import { shopper } from './fixture/shopper.ts';

let chat: ChatService;
beforeAll(async () => {
  chat = await startChatService({ RATE_UPLOADS_PER_HOUR: '0', CHANGES: 'on' });
});
afterAll(() => chat?.close());

const pdf = (name = 'a.pdf') => new File(['%PDF-1.7 and more'], name, { type: 'application/pdf' });
const zip = () => new File(['PK\x03\x04'], 'b.png', { type: 'image/png' });

function memoryFiles(): FileStorage & { readonly kept: Map<string, KeptFile> } {
  const kept = new Map<string, KeptFile>();
  const keyOf = ({ userId, clientMessageId, id }: Omit<KeptFile, 'file' | 'place'>) =>
    `${userId} ${clientMessageId} ${id}`;
  return {
    kept,
    load: async (userId) => [...kept.values()].filter((one) => one.userId === userId),
    put: async (one) => void kept.set(keyOf(one), one),
    remove: async (key) => void kept.delete(keyOf(key)),
  };
}

/** Uploads get nowhere until it is open. */
function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const through: typeof fetch = async (...request) => {
    if (String(request[0]).includes('/uploads')) await opened;
    return fetch(...request);
  };
  return { open, fetch: through };
}

interface Place {
  readonly storage: OutboxStorage;
  readonly files: ReturnType<typeof memoryFiles>;
}

const newPlace = (): Place => ({ storage: createMemoryStorage(), files: memoryFiles() });

async function visit(roomId: string, { storage, files }: Place, options: object = {}) {
  const client = { storage, fileStorage: files, ...options };
  const ann = shopper({ url: chat.url, token: () => chat.token('ann'), roomId, client });
  await ann.until(({ status }) => status === 'live');
  const upload = (file: File) => uploadFile(ann.client, roomId, file);
  return { ...ann, upload };
}

const nothingKept = ({ storage, files }: Place) =>
  expect.poll(async () => [files.kept.size, (await storage.load('ann')).length]).toEqual([0, 0]);

test('a message waits for its files and is shown meanwhile; a text goes ahead of it, one with files does not; nothing is kept of what was sent', async () => {
  const roomId = await chat.room();
  const place = newPlace();
  const { open, fetch } = gate();
  const ann = await visit(roomId, place, { fetch });
  const sent = ann.room.send({ content: 'first', uploads: [ann.upload(pdf('1.pdf')), ann.upload(pdf('2.pdf'))] });
  expect(sent).toMatchObject({ ok: true });
  // Its only file is there before those of the first.
  const done = uploadFile(shopper({ url: chat.url, token: () => chat.token('ann'), roomId }).client, roomId, pdf('3'));
  await expect.poll(() => done.getSnapshot().status).toBe('done');
  ann.room.send({ content: 'second', uploads: [done] });
  ann.room.send({ content: 'a text' });
  await ann.until(({ messages }) => messages.some(({ content }) => content === 'a text'));
  expect(ann.snapshot().outgoing).toMatchObject([
    { content: 'first', status: 'sending', files: [{ name: '1.pdf' }, { name: '2.pdf' }], uploads: [{}, {}] },
    { content: 'second', status: 'sending' },
  ]);
  await expect.poll(() => place.files.kept.size).toBe(3);
  open();
  await ann.until(({ outgoing }) => outgoing.length === 0);
  expect(ann.texts()).toEqual(['a text', 'first', 'second']);
  const files = ann.snapshot().messages.map((one) => ('attachments' in one ? one.attachments : undefined));
  expect(files.map((all) => all?.map(({ name }) => name)).filter(Boolean)).toEqual([['1.pdf', '2.pdf'], ['3.pdf']]);
  await nothingKept(place);
});

test('in slow mode a text does not wait for files that are on their way; another message with files does', async () => {
  const roomId = await chat.room();
  await chat.call('PATCH', `/api/chat/rooms/${roomId}`, { slowModeSeconds: 60 });
  const { open, fetch: gated } = gate();
  const ann = await visit(roomId, newPlace(), { fetch: gated });
  expect(ann.room.send({ content: '', uploads: [ann.upload(pdf())] }).ok).toBe(true);
  const other = ann.upload(pdf());
  expect(ann.room.send({ content: '', uploads: [other] })).toMatchObject({ ok: false, error: { code: 'SLOW_MODE' } });
  expect(ann.room.send({ content: 'a text' }).ok).toBe(true);
  await ann.until(({ messages }) => messages.some(({ content }) => content === 'a text'));
  open();
  // Too early now: it stands there, and is sent by a retry when its time has come.
  await ann.until(({ outgoing }) => outgoing[0]?.error?.code === 'SLOW_MODE');
  other.cancel();
});

test('after a reload the message and the bytes of its files are there, and it is sent once', async () => {
  const roomId = await chat.room();
  const place = newPlace();
  const before = await visit(roomId, place, { fetch: gate().fetch });
  const sent = before.room.send({ content: 'over a reload', uploads: [before.upload(pdf())] });
  await expect.poll(() => place.files.kept.size).toBe(1);
  before.client.disconnect();

  const again = await visit(roomId, place);
  await again.until(({ messages }) => messages.some(({ content }) => content === 'over a reload'));
  const [message, ...others] = again.snapshot().messages.filter(({ kind }) => kind === 'CHAT');
  expect(others).toEqual([]);
  expect(message).toMatchObject({
    clientMessageId: sent.ok && sent.value,
    attachments: [{ name: 'a.pdf', bytes: pdf().size }],
  });
  await nothingKept(place);
});

test('one of whose files one is refused is not sent, says why, also after a reload, and is sent without it', async () => {
  const roomId = await chat.room();
  const place = newPlace();
  const before = await visit(roomId, place);
  before.room.send({ content: '', uploads: [before.upload(pdf()), before.upload(zip())] });
  const refused = { status: 'failed', error: { code: 'UPLOAD_REFUSED', reason: 'ARCHIVE' } };
  await before.until(({ outgoing }) => outgoing[0]?.status === 'failed');
  await expect.poll(() => before.snapshot().outgoing[0]?.files?.[0]?.attachment?.name).toBe('a.pdf');
  expect(before.snapshot().outgoing).toMatchObject([refused]);
  // What comes after it is not held up.
  before.room.send({ content: 'next' });
  await before.until(({ messages }) => messages.some(({ content }) => content === 'next'));
  before.client.disconnect();

  const again = await visit(roomId, place);
  await again.until(({ outgoing }) => outgoing[0]?.uploads?.length === 2);
  expect(again.snapshot().outgoing).toMatchObject([refused]);
  const [good, bad] = again.snapshot().outgoing[0]!.uploads!;
  expect([good!.getSnapshot().status, bad!.getSnapshot().status]).toEqual(['done', 'failed']);
  bad!.cancel();
  await again.until(({ outgoing }) => outgoing.length === 0);
  expect(again.snapshot().messages.at(-1)).toMatchObject({ content: '', attachments: [{ name: 'a.pdf' }] });
  await nothingKept(place);
});

test('given up, nothing of it is kept or sent; so it is with its last file where there is no text', async () => {
  const roomId = await chat.room();
  const place = newPlace();
  const ann = await visit(roomId, place, { fetch: gate().fetch });
  const uploads = [pdf(), pdf()].map(ann.upload);
  const sent = ann.room.send({ content: 'never', uploads: [uploads[0]!] });
  ann.room.send({ content: '', uploads: [uploads[1]!] });
  await expect.poll(() => place.files.kept.size).toBe(2);
  ann.room.discard(sent.ok ? sent.value : '');
  expect(ann.snapshot().outgoing).toHaveLength(1);
  await expect.poll(() => uploads[0]!.getSnapshot().status).toBe('cancelled');
  uploads[1]!.cancel();
  await ann.until(({ outgoing }) => outgoing.length === 0);
  await nothingKept(place);
});

test('more bytes than may wait are refused; a file that was not kept says so, and leaves the message its text', async () => {
  const roomId = await chat.room();
  const place = newPlace();
  const closed = gate();
  const before = await visit(roomId, place, { fetch: closed.fetch, filesBytes: 30 });
  expect(before.room.send({ content: 'one', uploads: [before.upload(pdf())] })).toMatchObject({ ok: true });
  expect(before.room.send({ content: 'two', uploads: [before.upload(pdf())] })).toMatchObject({
    ok: false,
    error: { code: 'STORAGE_FULL' },
  });
  expect(before.snapshot().outgoing).toHaveLength(1);
  await expect.poll(() => place.files.kept.size).toBe(1);
  before.client.disconnect();
  place.files.kept.clear();

  const again = await visit(roomId, place);
  await again.until(({ outgoing }) => outgoing[0]?.status === 'failed');
  expect(again.snapshot().outgoing).toMatchObject([{ error: { code: 'FILE_LOST' } }]);
  again.snapshot().outgoing[0]!.uploads![0]!.cancel();
  await again.until(({ messages }) => messages.some(({ content }) => content === 'one'));
  await nothingKept(place);
});

test('a browser that has no room for the bytes sends them all the same, and says that they are lost with the page', async () => {
  const roomId = await chat.room();
  const place = newPlace();
  const { open, fetch } = gate();
  const fileStorage = { ...place.files, put: async () => Promise.reject(new Error('no room')) };
  const ann = await visit(roomId, place, { fetch, fileStorage });
  ann.room.send({ content: '', uploads: [ann.upload(pdf())] });
  await ann.until(({ outgoing }) => outgoing[0]?.isUnkept === true);
  open();
  await ann.until(({ outgoing }) => outgoing.length === 0);
  expect(ann.snapshot().messages.at(-1)).toMatchObject({ attachments: [{ name: 'a.pdf' }] });
});

test('where the service has the files no more they are uploaded anew by a retry', async () => {
  const roomId = await chat.room();
  const place = newPlace();
  const ann = await visit(roomId, place);
  const attachment = { id: 'no-such-file', name: 'a.pdf', type: 'application/pdf', bytes: 17 };
  const file = { id: 'f', name: 'a.pdf', type: 'application/pdf', size: 17, attachment };
  const waiting = { userId: 'ann', roomId, clientMessageId: 'old', content: 'late', queuedAtMs: Date.now() };
  ann.client.disconnect();
  await place.storage.put({ ...waiting, error: null, files: [file] });
  await place.files.put({ userId: 'ann', clientMessageId: 'old', id: 'f', file: pdf(), place: null });

  const again = await visit(roomId, place);
  await again.until(({ outgoing }) => outgoing[0]?.status === 'failed');
  expect(again.snapshot().outgoing[0]).toMatchObject({
    error: { code: 'VALIDATION_FAILED', errors: [{ path: 'attachments' }] },
  });
  again.room.retry('old');
  await again.until(({ outgoing }) => outgoing.length === 0);
  expect(again.snapshot().messages.at(-1)).toMatchObject({ content: 'late', attachments: [{ bytes: 17 }] });
  await nothingKept(place);
});
