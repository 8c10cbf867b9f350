import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { createFolderStore } from '@gongu/host';
import type { AttachmentLinks, ChatMessage } from '@gongu/shared';
import { readSeries } from '@gongu/testkit';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createUploads } from '../../src/room/uploads.ts';
import { chatOfThisFile, type Instance } from '../fixture/chat.ts';
import { SERVICE } from '../fixture/tokens.ts';
import { blank, pngOf, uploader } from '../fixture/uploads.ts';

const given = chatOfThisFile();
let chat: Instance;
let scan: Server;
const scanned: string[] = [];
let scanAnswer = 204;
beforeAll(async () => {
  scan = createServer(async (request, response) => {
    let bytes = 0;
    for await (const chunk of request) bytes += (chunk as Buffer).length;
    scanned.push(`${request.headers['content-type']} ${bytes}`);
    response.writeHead(scanAnswer).end();
  });
  await new Promise<void>((resolve) => scan.listen(0, '127.0.0.1', resolve));
  const { port } = scan.address() as { port: number };
  chat = await given.start({
    ...{ CHANGES: 'on', UPLOAD_MAX_BYTES: '2000000', RATE_UPLOADS_PER_HOUR: '0' },
    UPLOAD_SCAN_URL: `http://127.0.0.1:${port}/scan`,
  });
});
afterAll(() => void scan.close());

/** The head of such a PNG, which is all that says how large it is. */
async function headOfPng(width: number, height: number) {
  const bytes = await pngOf(1, 1);
  bytes.writeUInt32BE(width, 16);
  bytes.writeUInt32BE(height, 20);
  bytes.writeUInt32BE(crc32(bytes.subarray(12, 29)), 29);
  return bytes;
}
/** Left half red, right half blue; `orientation` 6: to be turned by 90° clockwise. */
const phonePicture = async () =>
  sharp({ create: { width: 600, height: 400, channels: 3, background: '#f00' } })
    .composite([
      {
        input: await sharp({ create: { width: 300, height: 400, channels: 3, background: '#00f' } })
          .png()
          .toBuffer(),
        left: 300,
        top: 0,
      },
    ])
    .withExif({ IFD0: { Model: 'a telephone' }, IFD3: { GPSLatitude: '37/1 33/1 0/1' } })
    .withMetadata({ orientation: 6 })
    .jpeg()
    .toBuffer();

/** Of 30 × 20 pixels, red and then green. */
const twoFrames = () =>
  sharp(
    ['#f00', '#0f0'].map((background) => ({ create: { width: 30, height: 20, channels: 3, background } }) as never),
    { join: { animated: true } },
  );

/** An animation of one pixel, which is black and white by turns. */
const gifOf = (frames: number) =>
  Buffer.from(
    `GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff${Array.from(
      { length: frames },
      (_, i) => `!\xf9\x04\0\x01\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02${i % 2 ? 'D' : 'L'}\x01\0`,
    ).join('')};`,
    'latin1',
  );

/** A picture that is no smaller as a file. */
const noise = () =>
  sharp({
    create: { width: 120, height: 120, channels: 3, noise: { type: 'gaussian', mean: 128, sigma: 60 } } as never,
  });

const { room, announce, put, complete, uploaded, send, linkOf, get, kept } = uploader(() => chat, given.dataDir);

describe('a picture', () => {
  it('is turned upright, loses its metadata, gets a thumbnail, and is shown to members by links', async () => {
    const { path } = await room();
    const { completed } = await uploaded(path, await phonePicture());
    expect(completed.status).toBe(200);
    const attachment = completed.body;
    expect(attachment).toMatchObject({
      ...{ name: '사진.jpg', type: 'image/jpeg', width: 400, height: 600 },
      thumbnail: { width: 320, height: 480, blurhash: expect.stringMatching(/^.{28}$/) },
    });
    // Nobody else sees it before it is sent.
    expect((await linkOf(path, attachment.id)).status).toBe(404);
    expect((await linkOf(path, attachment.id, 'ann')).status).toBe(200);
    const message = await send(path, [attachment.id]);
    expect(message.body.attachments).toEqual([attachment]);

    const link = (await linkOf(path, attachment.id)).body;
    const shown = await get(link.url);
    expect(shown.headers.get('content-type')).toBe('image/jpeg');
    expect(shown.headers.get('content-disposition')).toBe("inline; filename*=UTF-8''%EC%82%AC%EC%A7%84.jpg");
    const bytes = Buffer.from(await shown.arrayBuffer());
    expect(bytes.length).toBe(attachment.bytes);
    const { exif, orientation, width } = await sharp(bytes).metadata();
    expect([exif, orientation, width]).toEqual([undefined, undefined, 400]);
    // Turned clockwise, what was left is above.
    const { data } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true });
    expect(data[0]! > 200 && data[2]! < 60).toBe(true);
    const thumbnail = await get(link.thumbnailUrl!);
    expect(thumbnail.headers.get('content-type')).toBe('image/webp');
    expect(await sharp(Buffer.from(await thumbnail.arrayBuffer())).metadata()).toMatchObject({
      width: 320,
      height: 480,
    });
  });

  it('of each type that is taken stays one, an animation moves on, and AVIF becomes WebP', async () => {
    const { path } = await room();
    const files: [string, Buffer, string][] = [
      ['image/png', await pngOf(30, 20), 'image/png'],
      ['image/webp', await blank(30, 20).webp().toBuffer(), 'image/webp'],
      ['image/gif', await twoFrames().gif().toBuffer(), 'image/gif'],
      ['image/avif', await blank(30, 20).avif().toBuffer(), 'image/webp'],
    ];
    for (const [type, bytes, becomes] of files) {
      const { completed } = await uploaded(path, bytes, { type });
      expect(completed.body).toMatchObject({
        type: becomes,
        width: 30,
        height: 20,
        thumbnail: { width: 30, height: 20 },
      });
      const shown = await get((await linkOf(path, completed.body.id, 'ann')).body.url);
      const { pages } = await sharp(Buffer.from(await shown.arrayBuffer())).metadata();
      expect(pages ?? 1).toBe(type === 'image/gif' ? 2 : 1);
    }
  });
});

it('what is no picture is there to be saved, by its content, and the scan was asked', async () => {
  const { path } = await room();
  const body = Buffer.from('%PDF-1.7 and more');
  scanned.length = 0;
  const { completed } = await uploaded(path, body, { name: "안내'서.pdf", type: 'application/x-anything' });
  expect(completed.body).toEqual({
    id: expect.any(String),
    name: "안내'서.pdf",
    type: 'application/pdf',
    bytes: body.length,
  });
  expect(scanned).toEqual([`application/x-anything ${body.length}`]);
  await send(path, [completed.body.id], { content: '읽어 주세요' });
  const { items } = (
    await chat.call<AttachmentLinks>('GET', `${path}/attachments?ids=${completed.body.id},none`, { as: SERVICE })
  ).body;
  expect(items.map(({ id }) => id)).toEqual([completed.body.id]);
  const shown = await get(items[0]!.url);
  expect(Object.fromEntries(shown.headers)).toMatchObject({
    'content-type': 'application/pdf',
    'content-disposition': "attachment; filename*=UTF-8''%EC%95%88%EB%82%B4%27%EC%84%9C.pdf",
    'x-content-type-options': 'nosniff',
  });
  expect(Buffer.from(await shown.arrayBuffer())).toEqual(body);
});

const head = (text: string) => Buffer.from(text, 'latin1');
/** Packets of a stream, each with a time of four bytes in front of it, or none. */
const packets = (size: number, at: number) => {
  const bytes = Buffer.alloc(5 * size);
  for (let i = 0; i < 5; i++) bytes[at + i * size] = 0x47;
  return bytes;
};

it('video and audio of the ordinary kinds are taken, and called what they are', async () => {
  const { path } = await room();
  for (const [body, name, type, becomes = name] of [
    [head('RIFF\0\0\0\0AVI LIST'), 'a.avi', 'video/x-msvideo'],
    [head('RIFF\0\0\0\0WAVEfmt '), 'a.wav', 'audio/wav'],
    [head('#!AMR\n\x3c'), 'a.amr', 'audio/amr'],
    [head('#!AMR-WB\n\x3c'), 'a.awb', 'audio/amr-wb'],
    [packets(188, 0), 'a.ts', 'video/mp2t'],
    [packets(192, 4), 'a.m2ts', 'video/mp2t'],
    [head('\0\0\x01\xba\x44'), 'a.mpg', 'video/mpeg'],
    [head('FLV\x01\x05'), 'a.flv', 'video/x-flv'],
    [Buffer.from('3026b2758e66cf11a6d900aa0062ce6c', 'hex'), 'a.wmv', 'video/x-ms-asf'],
    [head('\0\0\0\x14ftyp3gp4\0\0\0\x003gp4'), 'a.3gp', 'video/3gpp'],
    [head('\0\0\0\x08wide\0\0\0\0mdat'), 'a.mov', 'video/quicktime'],
    [head('\0\0\0\x14ftypM4A \0\0\0\0M4A '), 'a.m4a', 'audio/mp4'],
    [head('\0\0\0\x18ftypmp42\0\0\0\0mp42M4A '), 'a.m4a', 'audio/mp4'],
    [head('\0\0\0\x18ftypmp42\0\0\0\0mp42isom'), 'a.m4a', 'video/mp4'],
    [head('\0\0\0\x18ftypmp42\0\0\0\0mp42isom'), 'a.html', 'video/mp4', 'a.html.mp4'],
    [head('FORM\0\0\0\0AIFF'), 'a.aiff', 'audio/aiff'],
    [head('caff\0\x01\0\0'), 'a.caf', 'audio/x-caf'],
    [head('MThd\0\0\0\x06'), 'a.mid', 'audio/midi'],
    [head('\x1a\x45\xdf\xa3 webm'), 'a.webm', 'video/webm'],
    [head('OggS'), 'a.opus', 'audio/ogg'],
    [head('\xff\xfb\x90\x64'), 'a.mp3', 'audio/mpeg'],
  ] as [Buffer, string, string, string?][]) {
    // As a recorder announces it.
    const { completed } = await uploaded(path, body, { name, type: `${type};codecs="opus, avc1"` });
    expect([name, completed.status, completed.body.type, completed.body.name]).toEqual([name, 200, type, becomes]);
  }
});

it('what is announced with parameters is put with its type alone', async () => {
  const { path } = await room();
  const { body } = await announce(path, 4, { name: 'a.webm', type: 'audio/webm;codecs=opus' });
  expect(body.headers['content-type']).toBe('audio/webm');
  for (const type of ['image/heic;q=1', 'image/svg+xml; charset=utf-8']) {
    expect((await announce(path, 5, { type })).body.code).toBe('UPLOAD_REFUSED');
  }
  expect((await announce(path, 5, { type: 'audio/webm;\n' })).body.code).toBe('VALIDATION_FAILED');
});

it('files are counted as they are announced, kept and refused', async () => {
  const read = async () => {
    const series = await readSeries(chat.url, 'counter');
    return ['announced', 'completed', 'refused'].map(
      (one) => series.get(`gongu_chat_uploads_total{outcome="${one}"}`)!,
    );
  };
  const { path } = await room();
  const before = await read();
  const { upload } = await uploaded(path, await pngOf(30, 20));
  await complete(path, upload);
  await uploaded(path, head('nothing'));
  expect((await read()).map((count, i) => count - before[i]!)).toEqual([2, 1, 1]);
});

it('what is put in the place of a refused upload afterwards is not looked at, and removed', async () => {
  const { path } = await room();
  const { upload, completed } = await uploaded(path, head('nothing'));
  expect(completed.status).toBe(422);
  await expect.poll(() => kept(upload.uploadId)).toEqual([]);
  // Its URL is good until it ends.
  const again = head('another');
  expect((await put(upload, again)).status).toBe(200);
  expect((await complete(path, upload)).body.code).toBe('UPLOAD_REFUSED');
  expect(kept(upload.uploadId)).toEqual([`incoming/${upload.uploadId}`]);
  // What the job does, then and later.
  const files = createFolderStore({ folder: join(given.dataDir, 'files') });
  const job = (minutes: number) => {
    const now = () => Date.now() + minutes * 60_000;
    return createUploads({ uploads: { expire: async () => false }, files, now } as never).expire();
  };
  await job(60);
  expect(kept(upload.uploadId)).toHaveLength(1);
  await job(66);
  expect(kept(upload.uploadId)).toEqual([]);
});

/** What programs are told, by what people are. */
const REASONS = [
  [/Archives/, 'ARCHIVE'],
  [/million pixels/, 'PICTURE_TOO_LARGE'],
  [/frames/, 'PICTURE_TOO_LARGE'],
  [/damaged/, 'BROKEN'],
  [/HTML/, 'HTML'],
  [/as PNG/, 'SVG'],
  [/as JPEG/, 'HEIC'],
  [/none of those/, 'TYPE'],
] as const;

/** What was refused. */
const refused: string[] = [];

describe('bad input is refused with what is wrong, and nothing of it is kept:', () => {
  it.each<[string, () => Promise<Uint8Array> | Uint8Array, RegExp, string?]>([
    ['a ZIP called .png', () => Buffer.from('PK\x03\x04 and more', 'latin1'), /Archives are not taken/, 'image/png'],
    ['20,000 × 20,000 pixels', () => headOfPng(20_000, 20_000), /50 million pixels/, 'image/png'],
    ['a truncated JPEG', async () => (await phonePicture()).subarray(0, 2_000), /damaged or cut off/],
    [
      'a truncated PNG',
      async () => (await noise().png().toBuffer()).subarray(0, 9_000),
      /damaged or cut off/,
      'image/png',
    ],
    [
      'a truncated GIF',
      async () => (await noise().gif().toBuffer()).subarray(0, 9_000),
      /damaged or cut off/,
      'image/gif',
    ],
    [
      'a truncated WebP',
      async () => (await noise().webp().toBuffer()).subarray(0, 3_000),
      /damaged or cut off/,
      'image/webp',
    ],
    [
      'a PNG without its end',
      async () => (await noise().png().toBuffer()).subarray(0, -12),
      /damaged or cut off/,
      'image/png',
    ],
    [
      'an animation that is cut off',
      async () => (await twoFrames().gif().toBuffer()).subarray(0, -20),
      /damaged or cut off/,
      'image/gif',
    ],
    ['an animation of 3,000 pixels, each a frame', () => gifOf(3_000), /more than 2000 frames/, 'image/gif'],
    ['HTML called .jpg', () => Buffer.from('<!doctype html><script>'), /HTML can hold scripts/],
    ['an SVG called .jpg', () => Buffer.from('<?xml version="1.0"?><svg xmlns="x"/>'), /save the picture as PNG/],
    [
      'a HEIC called .jpg',
      () => Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'latin1'),
      /save the picture as JPEG/,
    ],
    ['a text called .jpg', () => Buffer.from('BUY free…'), /none of those that are taken/],
    ['one in UTF-16', () => Buffer.from('\ufeff<html>', 'utf16le'), /none of those that are taken/, 'audio/mpeg'],
  ])('%s', async (_what, make, detail, type = 'image/jpeg') => {
    const { path } = await room();
    const { upload, completed } = await uploaded(path, await make(), { type });
    expect(completed.status).toBe(422);
    expect(completed.body).toMatchObject({ code: 'UPLOAD_REFUSED', detail: expect.stringMatching(detail) });
    expect(completed.body).toMatchObject({ reason: REASONS.find(([pattern]) => pattern.test(detail.source))![1] });
    expect((await complete(path, upload)).body).toMatchObject({ code: 'UPLOAD_REFUSED', reason: 'GONE' });
    expect((await send(path, [upload.uploadId])).body).toMatchObject({
      code: 'VALIDATION_FAILED',
      errors: [{ path: 'attachments' }],
    });
    refused.push(upload.uploadId);
  });

  it('what is announced wrongly: 0 bytes, too many, HEIC, by who is no member, in a room that is not there', async () => {
    const { path } = await room();
    for (const [fields, code, reason] of [
      [{ bytes: 0 }, 'VALIDATION_FAILED'],
      [{ bytes: 2_000_001 }, 'UPLOAD_REFUSED', 'TOO_LARGE'],
      [{ bytes: 5, type: 'image/heic' }, 'UPLOAD_REFUSED', 'HEIC'],
      [{ bytes: 5, type: 'image' }, 'VALIDATION_FAILED'],
      ...['', '  ', 'a\r\nb.png', 'a\u0001'].map((name) => [{ bytes: 5, name }, 'VALIDATION_FAILED'] as const),
      [{ bytes: 5, as: 'eve' }, 'NOT_A_MEMBER'],
    ] as const) {
      const { bytes, ...rest } = { ...fields };
      expect((await announce(path, bytes, rest)).body).toMatchObject({ code, ...(reason && { reason }) });
    }
    expect((await announce('/api/chat/rooms/none', 5)).status).toBe(404);
  });

  it('more or fewer bytes than announced, a second PUT, a changed URL, and somebody else’s upload', async () => {
    const { path } = await room();
    const picture = await pngOf(30, 20);
    const { body: upload } = await announce(path, picture.length, { type: 'image/png' });
    expect((await complete(path, upload)).body).toMatchObject({
      code: 'CONFLICT',
      detail: expect.stringMatching(/PUT the file/),
    });
    const length = `The file was announced with ${picture.length} bytes, and has `;
    const part = { 'content-range': `bytes 0-${picture.length - 1}/${2 * picture.length}` };
    for (const [body, detail, more, code] of [
      [Buffer.concat([picture, picture]), `${length}${2 * picture.length}`],
      [picture.subarray(1), `${length}${picture.length - 1}`],
      [new Blob([picture]).stream(), `${length}no Content-Length`],
      [Buffer.alloc(0), `${length}0`],
      [picture, 'Content-Type must be image/png, as announced', { 'content-type': 'image/png;q=1' }],
      [picture, 'Content-Range must not be there: what is PUT is a whole', part, 'VALIDATION_FAILED'],
    ] as const) {
      const headers = { ...upload.headers, ...more };
      const answer = await fetch(new URL(upload.url, chat.url), {
        ...{ method: 'PUT', headers, body },
        duplex: 'half',
      });
      expect(await answer.json()).toMatchObject({ code: code ?? 'UPLOAD_REFUSED', detail });
    }
    expect(kept(upload.uploadId)).toEqual([]);
    const other = { ...upload, url: upload.url.replace(upload.uploadId, crypto.randomUUID()) };
    expect((await put(other, picture)).status).toBe(403);
    expect((await put(upload, picture)).status).toBe(200);
    expect((await put(upload, picture)).status).toBe(412);
    expect((await complete(path, upload, 'bob')).status).toBe(404);
    expect((await complete((await room()).path, upload)).status).toBe(404);
    const [first, again] = await Promise.all([complete(path, upload), complete(path, upload)]);
    expect(first.body).toEqual(again.body);
    expect((await put(upload, picture)).status).toBe(412);
    expect((await send(path, [upload.uploadId], { as: 'bob' })).body.code).toBe('VALIDATION_FAILED');
    expect((await send(path, [upload.uploadId])).status).toBe(201);
    expect((await send(path, [upload.uploadId])).body.code).toBe('VALIDATION_FAILED');
  });

  it('what the scan refuses; where it does not answer, the upload can be completed later', async () => {
    const { path } = await room();
    const picture = await pngOf(30, 20);
    const { body: upload } = await announce(path, picture.length);
    await put(upload, picture);
    scanAnswer = 500;
    expect((await complete(path, upload)).body.code).toBe('UNAVAILABLE');
    scanAnswer = 422;
    expect((await complete(path, upload)).body).toMatchObject({
      code: 'UPLOAD_REFUSED',
      detail: expect.stringMatching(/scan/),
    });
    scanAnswer = 204;
    refused.push(upload.uploadId);
    await expect.poll(() => kept(...refused)).toEqual([]);
  });

  it('more files than a user may upload in an hour', async () => {
    const few = await given.start({ RATE_UPLOADS_PER_HOUR: '2' });
    const { path } = await room();
    const ask = () =>
      few.call('POST', `${path}/uploads`, { as: 'ann', body: { name: 'a', type: 'image/png', bytes: 9 } });
    // Others of this file count too.
    const { status, body } = await ask().then((first) =>
      first.status === 429 ? first : ask().then((second) => (second.status === 429 ? second : ask())),
    );
    expect(status).toBe(429);
    expect(body).toMatchObject({ code: 'RATE_LIMITED', retryAfterMs: expect.any(Number) });
    await few.stop();
  });
});

describe('in messages', () => {
  it('files come with every protocol, page and replay; a retry gets the first message', async () => {
    const { roomId, path } = await room();
    const ids: string[] = [];
    for (const width of [20, 21]) ids.push((await uploaded(path, await pngOf(width, 20))).completed.body.id);
    const [ann, bob] = await Promise.all(['ann', 'bob'].map((user) => chat.connect(user)));
    await bob!.join(roomId);
    const ack = await ann!.say(roomId, '', { clientMessageId: 'pictures', attachments: [ids[1], ids[0]] });
    const told = (await bob!.event('message', (one) => one.seq === ack.seq)) as unknown as ChatMessage;
    expect(told.attachments?.map(({ id }) => id)).toEqual([ids[1], ids[0]]);
    const again = await send(path, [ids[1]!, ids[0]!], { clientMessageId: 'pictures' });
    expect([again.status, again.body.seq]).toEqual([200, ack.seq]);
    expect(again.body.attachments).toEqual(told.attachments);
    const { body } = await chat.call<{ messages: ChatMessage[] }>('GET', `${path}/messages?limit=1`, { as: 'bob' });
    expect(body.messages[0]!.attachments).toEqual(told.attachments);
    const joined = await bob!.join(roomId, ack.seq - 1);
    expect(joined.messages).toMatchObject([{ attachments: told.attachments }]);
    expect((await send(path, [])).body).toMatchObject({ code: 'VALIDATION_FAILED', errors: [{ path: 'content' }] });
    expect((await send(path, [ids[0]!, ids[0]!])).body).toMatchObject({ errors: [{ path: 'attachments' }] });
  });

  it('a deleted message takes its files along: no link, no bytes, no name anywhere', async () => {
    const { path } = await room();
    const { completed } = await uploaded(path, await phonePicture(), { name: 'secret-name.jpg' });
    const { seq } = (await send(path, [completed.body.id])).body;
    const link = (await linkOf(path, completed.body.id)).body;
    expect((await chat.call('DELETE', `${path}/messages/${seq}`, { as: 'ann' })).status).toBe(204);
    expect((await linkOf(path, completed.body.id, 'ann')).status).toBe(404);
    const { body } = await chat.call('GET', `${path}/messages`, { as: 'bob' });
    expect(JSON.stringify(body)).not.toContain('secret-name');
    await expect.poll(() => kept(completed.body.id)).toEqual([]);
    for (const url of [link.url, link.thumbnailUrl!]) expect((await get(url)).status).toBe(404);
  });
});

it('all files of one user have at most UPLOAD_MAX_USER_BYTES, however many he announces at once; what is deleted counts no more', async () => {
  const small = await given.start({ CHANGES: 'on', UPLOAD_MAX_USER_BYTES: '10000', RATE_UPLOADS_PER_HOUR: '0' });
  const files = uploader(() => small, given.dataDir);
  const [{ path }, other] = [await files.room(), await files.room()];
  const picture = await pngOf(30, 20);
  const { completed } = await files.uploaded(path, picture, { as: 'bob' });
  const { seq } = (await files.send(path, [completed.body.id], { as: 'bob' })).body;
  const rest = 10_000 - picture.length;
  const announce = (bytes: number) => files.announce(other.path, bytes, { as: 'bob' });
  const answers = await Promise.all([1, 2, 3].map(() => announce(rest)));
  const refusals = answers.filter(({ status }) => status !== 201);
  expect(refusals.map(({ status, body: { code } }) => [status, code])).toEqual(Array(2).fill([422, 'UPLOAD_REFUSED']));
  expect(refusals[0]?.body.detail).toContain('10000 of 10000');
  expect((await small.call('DELETE', `${path}/messages/${seq}`, { as: 'bob' })).status).toBe(204);
  expect((await announce(picture.length)).status).toBe(201);
  expect((await announce(1)).status).toBe(422);
});
