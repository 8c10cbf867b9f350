import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { sealingKeysOf } from '@gongu/host';
import type { AttachmentLinks, ChatMessage, Erasure, Report, ReportReceipt } from '@gongu/shared';
import { probe } from '@gongu/testkit';
import { Client as StompClient } from '@stomp/stompjs';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { createSignedPaths } from '../../src/files/signed-paths.ts';
import { chatOfThisFile, type Instance } from '../fixture/chat.ts';
import { CONTENT_KEYS } from '../fixture/content-keys.ts';
import { checkMessage } from '../fixture/stomp-reader.ts';
import { openPatientStore } from '../fixture/store.ts';
import { SERVICE, SERVICE_SECRET, tokenOf } from '../fixture/tokens.ts';
import { pngOf, uploader } from '../fixture/uploads.ts';

const given = chatOfThisFile();
let chat: Instance;
let database: pg.Client;
beforeAll(async () => {
  chat = await given.start({ CHANGES: 'on', RATE_UPLOADS_PER_HOUR: '0' });
  database = new pg.Client(given.databaseUrl);
  await database.connect();
});
afterAll(() => database?.end());

const ADMIN = `Bearer ${tokenOf('root', { roles: ['admin'] })}`;
const { room, announce, put, arrived, complete, uploaded, send, linkOf, get, kept } = uploader(
  () => chat,
  given.dataDir,
);
const picture = () => pngOf(30, 20);
const refusal = ({ status, body }: { status: number; body: { code: string } }) => [status, body.code];
/** As if an upload had begun so long ago. */
const age = (id: string, ago: string) =>
  database.query('UPDATE chat.uploads SET created_at = created_at - $2::interval WHERE upload_id = $1', [id, ago]);
const expire = () => database.query('SELECT chat.expire_uploads(100)');
const stateOf = async (id: string) =>
  (await database.query('SELECT state, name, removed_at FROM chat.uploads WHERE upload_id = $1', [id])).rows[0];

describe('an upload that nobody finishes', () => {
  it('is given up after an hour where it was not completed, after a day where no message took it, and not before', async () => {
    const { path } = await room();
    const pending = await arrived(path, await picture());
    const ready = (await uploaded(path, await picture())).upload;
    const taken = (await uploaded(path, await picture())).upload;
    await send(path, [taken.uploadId]);
    await age(pending.uploadId, '59 minutes');
    await age(ready.uploadId, '23 hours 59 minutes');
    await age(taken.uploadId, '400 days');
    await expire();
    expect((await complete(path, pending)).status).toBe(200);
    await database.query("UPDATE chat.uploads SET state = 'PENDING' WHERE upload_id = $1", [pending.uploadId]);
    for (const { uploadId } of [pending, ready]) await age(uploadId, '2 minutes');
    await expire();
    expect(refusal(await complete(path, pending))).toEqual([422, 'UPLOAD_REFUSED']);
    expect((await send(path, [ready.uploadId])).body).toMatchObject({ errors: [{ path: 'attachments' }] });
    await expect.poll(() => kept(pending.uploadId, ready.uploadId)).toEqual([]);
    expect((await linkOf(path, taken.uploadId)).status).toBe(200);
    // Then the row goes too.
    await expect.poll(async () => (await stateOf(ready.uploadId))?.removed_at).not.toBeNull();
    await expire();
    expect(await stateOf(ready.uploadId)).toBeUndefined();
  });

  it('is named with its error by every protocol when its time is over: in a message, by a late PUT, and completed without one', async () => {
    const { roomId, path } = await room();
    const { upload } = await uploaded(path, await picture());
    await age(upload.uploadId, '25 hours');
    await expire();
    const wrong = {
      code: 'VALIDATION_FAILED',
      errors: [{ path: 'attachments', message: expect.stringContaining('last day') }],
    };
    expect((await send(path, [upload.uploadId])).body).toMatchObject(wrong);
    const ann = await chat.connect('ann');
    const frame = { type: 'send', roomId, clientMessageId: 'late', content: '', attachments: [upload.uploadId] };
    expect(await ann.ask(frame, 'error')).toMatchObject(wrong);
    const stomp = await probe(chat.socketUrl, { protocols: 'v12.stomp' });
    stomp.send(`CONNECT\naccept-version:1.2\nhost:x\npasscode:${tokenOf('ann')}\n\n\0`);
    stomp.send('SUBSCRIBE\nid:e\ndestination:/user/queue/errors\n\n\0');
    const body = JSON.stringify({ attachments: [upload.uploadId] });
    stomp.send(`SEND\ndestination:/app/chat/${roomId}\nreceipt:late\n\n${body}\0`);
    const told = String(await stomp.next((text) => String(text).includes('receipt-id:late')));
    expect(JSON.parse(told.slice(told.indexOf('{'), told.lastIndexOf('}') + 1))).toMatchObject(wrong);

    const { body: late } = await announce(path, 9);
    const now = () => Date.now() - 3_600_000;
    const key = `incoming/${late.uploadId}`;
    const ended = { method: 'PUT', key, type: 'image/jpeg', bytes: 9, expiresAtMs: Date.now() - 1 } as const;
    const url = createSignedPaths({ secret: SERVICE_SECRET, now }).sign(ended);
    const answer = await put({ ...late, url }, Buffer.from('123456789'));
    expect([answer.status, await answer.json()]).toMatchObject([
      403,
      { code: 'FORBIDDEN', detail: 'The time of this path is over: announce the file anew' },
    ]);
    expect(refusal(await complete(path, late))).toEqual([409, 'CONFLICT']);
    await age(late.uploadId, '16 minutes');
    const { status, body: problem } = await complete(path, late);
    expect([status, problem]).toMatchObject([422, { code: 'UPLOAD_REFUSED', reason: 'GONE' }]);
    expect(problem.detail).toContain('announce the file anew');
  });

  it('and whose removal was cut short, its file gone and its row not, is removed anew and whole', async () => {
    const { path } = await room();
    const { upload } = await uploaded(path, await picture());
    rmSync(join(given.dataDir, 'files', 'files', upload.uploadId));
    await database.query("UPDATE chat.uploads SET state = 'GONE' WHERE upload_id = $1", [upload.uploadId]);
    await expect.poll(async () => (await stateOf(upload.uploadId)).removed_at).not.toBeNull();
    expect(kept(upload.uploadId)).toEqual([]);
  });

  it('can be sent by who has left and come back, and is not looked at for who was banned', async () => {
    const { path } = await room();
    const [left, banned] = [await arrived(path, await picture()), await arrived(path, await picture(), { as: 'bob' })];
    await chat.call('DELETE', `${path}/participants/ann`, { as: 'ann' });
    expect((await complete(path, left)).status).toBe(200);
    expect(refusal(await send(path, [left.uploadId]))).toEqual([403, 'NOT_A_MEMBER']);
    expect(refusal(await announce(path, 9))).toEqual([403, 'NOT_A_MEMBER']);
    await chat.call('POST', `${path}/participants`, { as: 'ann' });
    expect((await send(path, [left.uploadId])).status).toBe(201);
    await chat.call('PUT', `${path}/restrictions/bob`, { as: 'seller', body: { kind: 'BAN' } });
    expect(refusal(await complete(path, banned, 'bob'))).toEqual([403, 'BANNED']);
    expect(refusal(await linkOf(path, left.uploadId))).toEqual([403, 'BANNED']);
    expect(kept(banned.uploadId)).toEqual([`incoming/${banned.uploadId}`]);
    // With its room it goes.
    await chat.call('DELETE', path, { as: SERVICE });
    expect(refusal(await complete(path, banned, 'bob'))).toEqual([404, 'NOT_FOUND']);
    await expect.poll(() => kept(banned.uploadId, left.uploadId)).toEqual([]);
  });
});

it('a name is that of a file in no folder, in one form, with nothing that turns it round, and no longer than a name may be', async () => {
  const { path } = await room();
  for (const [name, becomes] of [
    ['../../etc/passwd.pdf', 'passwd.pdf'],
    ['C:\\Users\\ann\\안내.pdf', '안내.pdf'],
    ['안내문.pdf'.normalize('NFD'), '안내문.pdf'],
    ['bill\u202efdp.exe', 'billfdp.exe.pdf'],
    ['\u2066a\u2069\u200f.pdf', 'a.pdf'],
    ['a/', 'file.pdf'],
    ['..', 'file.pdf'],
    ['귤'.repeat(255), `${'귤'.repeat(251)}.pdf`],
  ] as const) {
    const { completed } = await uploaded(path, Buffer.from('%PDF-1.7'), { name });
    expect(completed.body.name).toBe(becomes);
  }
});

it('a part of a file can be had, as where a download is taken up again, and what one has is not sent again', async () => {
  const { path } = await room();
  const body = Buffer.from('%PDF-1.7 0123456789');
  const { completed } = await uploaded(path, body);
  const { url } = (await linkOf(path, completed.body.id, 'ann')).body;
  const ask = async (headers: Record<string, string>, method = 'GET') => {
    const answer = await fetch(new URL(url, chat.url), { headers, method });
    const text = Buffer.from(await answer.arrayBuffer()).toString();
    return [answer.status, answer.headers.get('content-range'), answer.headers.get('content-length'), text];
  };
  const whole = [200, null, '19', body.toString()];
  expect(await ask({})).toEqual(whole);
  expect(await ask({ range: 'bytes=9-12' })).toEqual([206, 'bytes 9-12/19', '4', '0123']);
  expect(await ask({ range: 'bytes=16-' })).toEqual([206, 'bytes 16-18/19', '3', '789']);
  expect(await ask({ range: 'bytes=-2' })).toEqual([206, 'bytes 17-18/19', '2', '89']);
  expect(await ask({ range: 'bytes=0-999' })).toEqual([206, 'bytes 0-18/19', '19', body.toString()]);
  for (const range of ['bytes=19-', 'bytes=-0', 'bytes=99-100']) {
    expect((await ask({ range })).slice(0, 2)).toEqual([416, 'bytes */19']);
  }
  // What is no one part of bytes is ignored.
  for (const range of ['bytes=5-2', 'bytes=0-1,4-5', 'lines=1-2', 'bytes=-', 'bytes=x-3']) {
    expect(await ask({ range })).toEqual(whole);
  }
  const etag = (await fetch(new URL(url, chat.url), { method: 'HEAD' })).headers.get('etag')!;
  expect(await ask({ range: 'bytes=9-9', 'if-range': etag })).toEqual([206, 'bytes 9-9/19', '1', '0']);
  expect(await ask({ range: 'bytes=9-9', 'if-range': '"another"' })).toEqual(whole);
  expect((await ask({ 'if-none-match': etag }))[0]).toBe(304);
  expect(await ask({}, 'HEAD')).toEqual([200, null, '19', '']);
});

it('a file is called what it is: a name that ends otherwise gets an ending', async () => {
  const { path } = await room();
  for (const [name, becomes] of [
    ['안내.PDF', '안내.PDF'],
    ['안내.html', '안내.html.pdf'],
    ['안내.pdf ', '안내.pdf'],
    ['안내', '안내.pdf'],
  ]) {
    const { completed } = await uploaded(path, Buffer.from('%PDF-1.7 <script>'), { name });
    expect(completed.body.name).toBe(becomes);
  }
});

it('of two messages that take one upload at once, one does, and the other is not stored', async () => {
  const { path } = await room();
  const { upload } = await uploaded(path, await picture());
  const answers = await Promise.all([1, 2, 3].map(() => send(path, [upload.uploadId])));
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 400, 400]);
  const { body } = await chat.call<{ messages: object[] }>('GET', `${path}/messages`, { as: 'bob' });
  expect(body.messages.filter((message) => 'attachments' in message)).toHaveLength(1);
});

it('a file is sent and heard by STOMP, in the body of a message', async () => {
  const { roomId, path } = await room();
  const { upload, completed } = await uploaded(path, await picture());
  const client = new StompClient({
    webSocketFactory: () => new WebSocket(`${chat.socketUrl}?token=${tokenOf('ann')}`, ['v12.stomp']) as never,
    reconnectDelay: 0,
  });
  const heard = await new Promise<unknown>((resolve, reject) => {
    client.onStompError = (frame) => reject(new Error(frame.headers.message));
    client.onConnect = () => {
      client.subscribe(`/topic/chat/${roomId}`, ({ headers, body }) => {
        checkMessage(headers.destination, body);
        const message = JSON.parse(body) as { attachments?: unknown };
        if (message.attachments) resolve(message);
      });
      client.publish({
        destination: `/app/chat/${roomId}`,
        body: JSON.stringify({ attachments: [upload.uploadId] }),
      });
    };
    client.activate();
  }).finally(() => client.deactivate());
  expect(heard).toMatchObject({ content: '', attachments: [completed.body] });
});

it('who is told by push of the newest text is told what its files are called, where it has none', async () => {
  const { roomId, path } = await room();
  const { upload } = await uploaded(path, await picture(), { name: '귤.png' });
  await send(path, [upload.uploadId]);
  await database.query(
    "INSERT INTO chat.push_subscriptions (room_id, user_id, device_id, endpoint, p256dh, auth) VALUES ($1, 'bob', 'x', '', '', '')",
    [roomId],
  );
  const content = { keys: sealingKeysOf(CONTENT_KEYS), isOn: true };
  const store = openPatientStore({ url: given.databaseUrl, poolSize: 3, content });
  const absent = await store.pushes.takeAbsent([roomId], { afterS: 0, withText: true, limit: 9 });
  await store.close();
  expect(absent).toMatchObject([{ newest: { from: 'ann', text: '귤.png' } }]);
});

it('who is told by push is told the newest text that he has not read, none that he has, and none of his own', async () => {
  const { roomId, path } = await room();
  const say = async (as: string, content: string) => (await send(path, [], { as, content })).body.seq;
  const read = await say('ann', 'read');
  await chat.call('PUT', `${path}/read`, { as: 'bob', body: { seq: read } });
  const unread = await say('ann', 'unread');
  const gone = await say('ann', 'gone');
  await chat.call('DELETE', `${path}/messages/${gone}`, { as: 'ann' });
  const content = { keys: sealingKeysOf(CONTENT_KEYS), isOn: true };
  const store = openPatientStore({ url: given.databaseUrl, poolSize: 3, content });
  /** What bob is told, on a device that was told nothing yet. */
  const told = async () => {
    await database.query('DELETE FROM chat.push_subscriptions WHERE room_id = $1', [roomId]);
    await database.query(
      "INSERT INTO chat.push_subscriptions (room_id, user_id, device_id, endpoint, p256dh, auth) VALUES ($1, 'bob', 'y', '', '', '')",
      [roomId],
    );
    const absent = await store.pushes.takeAbsent([roomId], { afterS: 0, withText: true, limit: 9 });
    return absent.map(({ newest }) => newest?.text ?? null);
  };
  expect(await told()).toEqual(['unread']);
  await chat.call('DELETE', `${path}/messages/${unread}`, { as: 'ann' });
  expect(await told()).toEqual([null]);
  // He has said something meanwhile, and his mark has not come that far.
  await say('ann', 'another');
  await say('bob', 'own');
  await database.query(
    "UPDATE chat.members SET last_read_seq = $2, last_read_chat_no = 1 WHERE room_id = $1 AND user_id = 'bob'",
    [roomId, read],
  );
  expect(await told()).toEqual(['another']);
  await store.close();
});

it('the text beside files can be taken away by an edit, and that of a message without files can not', async () => {
  const { roomId, path } = await room();
  const { upload, completed } = await uploaded(path, await picture());
  const { seq } = (await send(path, [upload.uploadId], { content: 'caption' })).body;
  const plain = (await send(path, [], { content: 'text' })).body.seq;
  const edit = (of: number, as = 'ann') =>
    chat.call<ChatMessage>('PATCH', `${path}/messages/${of}`, { as, body: { content: '' } });
  const emptied = await edit(seq);
  expect([emptied.status, emptied.body.content, emptied.body.attachments]).toEqual([200, '', [completed.body]]);
  const again = await edit(seq);
  expect([again.status, again.body.version]).toEqual([200, emptied.body.version]);
  const refused = await edit(plain);
  expect([refused.status, refused.body.errors]).toEqual([400, [{ path: 'content', message: 'must not be empty' }]]);
  expect(refusal(await edit(plain, 'bob'))).toEqual([403, 'FORBIDDEN']);
  const ann = await chat.connect('ann');
  expect(await ann.ask({ type: 'edit', roomId, seq: plain, content: '' }, 'error')).toMatchObject({
    ...{ code: 'VALIDATION_FAILED', errors: [{ path: 'content' }] },
  });
  await ann.ask({ type: 'edit', roomId, seq, content: 'caption again' }, 'ok');
  await ann.ask({ type: 'edit', roomId, seq, content: '' }, 'ok');
});

it('files of a reported message stay for who deals with the report, and for nobody else, as long as it does', async () => {
  const { path } = await room();
  const { upload, completed } = await uploaded(path, await picture(), { name: 'offending-name.png' });
  const other = (await uploaded(path, await picture())).upload;
  const { seq } = (await send(path, [upload.uploadId])).body;
  const receipt = (
    await chat.call<ReportReceipt>('POST', `${path}/messages/${seq}/reports`, { as: 'bob', body: { reason: 'ABUSE' } })
  ).body;
  const ofReport = (as: string) =>
    chat.call<AttachmentLinks>('GET', `/api/chat/reports/${receipt.reportId}/attachments`, { as });
  await chat.call('DELETE', `${path}/messages/${seq}`, { as: 'ann' });
  // Neither what its sender asks for, nor the end of the room, takes it away.
  expect(refusal(await complete(path, upload))).toEqual([422, 'UPLOAD_REFUSED']);
  expect(refusal(await send(path, [upload.uploadId]))).toEqual([400, 'VALIDATION_FAILED']);
  expect((await linkOf(path, upload.uploadId, 'ann')).status).toBe(404);
  await chat.call('DELETE', path, { as: SERVICE });
  await expect.poll(() => kept(other.uploadId)).toEqual([]);
  expect(await stateOf(upload.uploadId)).toEqual({ state: 'HELD', name: '', removed_at: null });

  const { items } = (await chat.call<{ items: Report[] }>('GET', '/api/chat/reports', { as: ADMIN })).body;
  const copy = items.find(({ reportId }) => reportId === receipt.reportId)!.message;
  expect(copy.attachments).toEqual([completed.body]);
  expect(refusal(await ofReport('bob'))).toEqual([403, 'FORBIDDEN']);
  const [link] = (await ofReport(ADMIN)).body.items;
  expect((await ofReport(SERVICE)).body.items.map(({ id }) => id)).toEqual([upload.uploadId]);
  const shown = await get(link!.url);
  expect([shown.status, shown.headers.get('content-disposition')]).toEqual([
    200,
    "inline; filename*=UTF-8''offending-name.png",
  ]);
  expect((await shown.arrayBuffer()).byteLength).toBe(completed.body.bytes);
  expect((await get(link!.thumbnailUrl!)).status).toBe(200);
  expect(refusal((await chat.call('GET', '/api/chat/reports/999999/attachments', { as: ADMIN })) as never)).toEqual([
    404,
    'NOT_FOUND',
  ]);

  const body = { status: 'RESOLVED' };
  await chat.call('PATCH', `/api/chat/reports/${receipt.reportId}`, { as: ADMIN, body });
  await expire();
  expect((await stateOf(upload.uploadId)).state).toBe('HELD');
  await database.query("UPDATE chat.reports SET ended_at = ended_at - interval '91 days' WHERE report_id = $1", [
    receipt.reportId,
  ]);
  await database.query('SELECT chat.forget_reports(90, 100)');
  await expire();
  // Also while the link is still good.
  await expect.poll(() => kept(upload.uploadId)).toEqual([]);
  for (const url of [link!.url, link!.thumbnailUrl!]) expect((await get(url)).status).toBe(404);
});

it('reports of a room that was removed are none of the one that is opened again by its id, at whatever places', async () => {
  const { roomId, path } = await room();
  const sentBy = async (as: string) => {
    const { upload } = await uploaded(path, await picture(), { as });
    return { id: upload.uploadId, seq: (await send(path, [upload.uploadId], { as })).body.seq };
  };
  const report = (seq: number) =>
    chat.call<ReportReceipt>('POST', `${path}/messages/${seq}/reports`, { as: 'bob', body: { reason: 'ABUSE' } });
  const stateOfEach = async (...messages: { id: string }[]) =>
    Promise.all(messages.map(async ({ id }) => (await stateOf(id))?.state ?? 'GONE'));
  const standing = async () =>
    (
      await database.query(
        `SELECT report_id::text AS id, seq::int, message #>> '{sender,userId}' AS of FROM chat.reports
         WHERE room_id = $1 ORDER BY report_id`,
        [roomId],
      )
    ).rows;
  const before = [await sentBy('ann'), await sentBy('ann')] as const;
  const reported = [(await report(before[0].seq)).body.reportId, (await report(before[1].seq)).body.reportId];
  await chat.call('DELETE', path, { as: SERVICE });
  await chat.room({ productId: roomId });
  for (const as of ['cat', 'bob']) await chat.call('POST', `${path}/participants`, { as, body: {} });
  const after = [await sentBy('cat'), await sentBy('cat')] as const;
  expect(after.map(({ seq }) => seq)).toEqual(before.map(({ seq }) => seq));
  await chat.call('DELETE', `${path}/messages/${after[0].seq}`, { as: 'cat' });
  expect(await stateOfEach(...before, after[0])).toEqual(['HELD', 'HELD', 'GONE']);
  const anew = await report(after[1].seq);
  expect([anew.status, (await report(after[1].seq)).status]).toEqual([201, 200]);
  const old = before.map(({ seq }, i) => ({ id: reported[i], seq, of: 'ann' }));
  expect(await standing()).toEqual([...old, { id: anew.body.reportId, seq: after[1].seq, of: 'cat' }]);
  await chat.call('DELETE', `${path}/messages/${after[1].seq}`, { as: 'cat' });
  // A report of before ends, and what was held for it goes; not what is held for another one at its place.
  await database.query('DELETE FROM chat.reports WHERE report_id = $1', [reported[1]]);
  await expire();
  expect(await stateOfEach(...before, after[1])).toEqual(['HELD', 'GONE', 'HELD']);
  const { id } = (await chat.call<Erasure>('DELETE', '/api/chat/users/cat', { as: ADMIN })).body;
  await expect
    .poll(async () => (await chat.call<Erasure>('GET', `/api/chat/erasures/${id}`, { as: ADMIN })).body.status)
    .toBe('DONE');
  expect(await standing()).toEqual([old[0]]);
  expect(await stateOfEach(...before, after[1])).toEqual(['HELD', 'GONE', 'GONE']);
});

it('an instance that keeps files in a folder which nobody chose says so at its start, and which option is right', async () => {
  const of = () => given.logs.of('files.folder');
  expect(of()).toEqual([]);
  for (const [env, warnings] of [
    [{ DATA_DIR: '.gongu', UPLOAD_MAX_BYTES: '0' }, 0],
    [{ DATA_DIR: '.gongu' }, 1],
  ] as const) {
    await (await given.start(env)).stop();
    expect(of()).toHaveLength(warnings);
  }
  expect(of()[0]).toMatchObject({ msg: expect.stringContaining('S3_BUCKET'), folder: expect.stringMatching(/files$/) });
});

it('where no more files are taken, none can be announced, and those that are there are shown', async () => {
  const { path } = await room();
  const { upload } = await uploaded(path, await picture());
  const none = await given.start({ UPLOAD_MAX_BYTES: '0' });
  const body = { name: 'a.png', type: 'image/png', bytes: 1 };
  expect(refusal((await none.call('POST', `${path}/uploads`, { as: 'ann', body })) as never)).toEqual([
    422,
    'UPLOAD_REFUSED',
  ]);
  const link = (await linkOf(path, upload.uploadId, 'ann')).body;
  expect((await fetch(new URL(link.url, none.url))).status).toBe(200);
  await none.stop();
});
