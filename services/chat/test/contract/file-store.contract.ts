import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FileStore, SignedPut } from '../../src/room/ports/file-store.ts';

/** Where one test file's files are. */
export interface FileWorld {
  readonly store: FileStore;
  /** The same one, an hour ago. */
  readonly earlier: FileStore;
  /** In front of a URL that is a path. */
  readonly base: string;
  /** Milliseconds later than now, by the store's own clock, of what has been put there until now. */
  readonly afterNow: () => number;
  close(): Promise<void>;
}

/** What every implementation of `FileStore` keeps to, signatures and all. */
export function fileStoreContract(name: string, open: () => Promise<FileWorld>): void {
  describe(`file store contract: ${name}`, () => {
    let world: FileWorld;
    let store: FileStore;
    let made = 0;
    beforeAll(async () => {
      world = await open();
      store = world.store;
    });
    afterAll(() => world?.close());

    const newKey = (folder = 'incoming') => `${folder}/file-${++made}`;
    const soon = () => Date.now() + 60_000;
    const absolute = (url: string) => (url.startsWith('/') ? `${world.base}${url}` : url);
    const bytesOf = (text: string) => new TextEncoder().encode(text);

    function put({ url, headers }: SignedPut, body: string, others: Record<string, string | null> = {}) {
      const sent = new Headers(headers);
      for (const [header, value] of Object.entries(others))
        value === null ? sent.delete(header) : sent.set(header, value);
      return fetch(absolute(url), { method: 'PUT', headers: sent, body: bytesOf(body) });
    }
    async function uploaded(body: string, type = 'image/png') {
      const key = newKey();
      const { length } = bytesOf(body);
      const answer = await put(await store.signPut(key, { type, bytes: length, expiresAtMs: soon() }), body);
      expect(answer.status).toBe(200);
      return { key, ...(await store.look(key))! };
    }
    async function textOf(parts: AsyncIterable<Uint8Array> | null): Promise<string | null> {
      if (!parts) return null;
      let text = '';
      for await (const part of parts) text += Buffer.from(part).toString('latin1');
      return text;
    }

    it('takes what is put by a signed URL, as long as it says, and reads that version', async () => {
      const { key, bytes, etag } = await uploaded('abcdef');
      expect(bytes).toBe(6);
      expect(await textOf(await store.read(key, etag))).toBe('abcdef');
      expect(await store.read(key, '"another"')).toBeNull();
      expect(await store.look(newKey())).toBeNull();
      expect(await store.read(newKey(), etag)).toBeNull();
    });

    it('refuses a second PUT, another type, another length, another key and one too late, and keeps nothing', async () => {
      const signed = (key: string) => store.signPut(key, { type: 'image/png', bytes: 3, expiresAtMs: soon() });
      const first = newKey();
      expect((await put(await signed(first), 'one')).status).toBe(200);
      expect((await put(await signed(first), 'two')).status).toBe(412);
      expect(await textOf(await store.read(first, (await store.look(first))!.etag))).toBe('one');

      const key = newKey();
      const other = newKey();
      const bad: [string, Promise<Response>][] = [
        ['type', put(await signed(key), 'abc', { 'content-type': 'text/html' })],
        ['more', put(await signed(key), 'abcd')],
        ['less', put(await signed(key), 'ab')],
        ['empty', put(await signed(key), '')],
        ['no condition', put(await signed(key), 'abc', { 'if-none-match': null })],
        ['key', signed(key).then(({ url, headers }) => put({ url: url.replace(key, other), headers }, 'abc'))],
        [
          'late',
          world.earlier
            .signPut(key, { type: 'image/png', bytes: 3, expiresAtMs: Date.now() - 3_000_000 })
            .then((late) => put(late, 'abc')),
        ],
      ];
      for (const [what, asked] of bad) {
        const { status } = await asked;
        expect([what, status >= 400 && status < 500]).toEqual([what, true]);
      }
      expect([await store.look(key), await store.look(other)]).toEqual([null, null]);
    });

    it('copies one version, shows it by a signed URL with its type and name, and no other file by it', async () => {
      const { key, etag } = await uploaded('%PDF-1.7', 'application/pdf');
      const file = newKey('files');
      expect(await store.copy(key, '"another"', file, 'application/pdf')).toBe(false);
      expect(await store.copy(key, etag, file, 'application/pdf')).toBe(true);
      const disposition = "attachment; filename*=UTF-8''%EC%95%88%EB%82%B4.pdf";
      const shown = { type: 'application/pdf', disposition, expiresAtMs: soon() };
      const url = absolute(await store.signGet(file, shown));
      const answer = await fetch(url);
      expect(answer.status).toBe(200);
      expect(answer.headers.get('content-type')).toBe('application/pdf');
      expect(answer.headers.get('content-disposition')).toBe(disposition);
      expect(await answer.text()).toBe('%PDF-1.7');
      expect((await fetch(url.replace(file, key))).status).toBe(403);
      expect((await fetch(url.replace('.pdf', '.html'))).status).toBe(403);
      await store.remove([file, key]);
      expect((await fetch(url)).status).toBe(404);
      expect(await store.copy(key, etag, file, 'application/pdf')).toBe(false);
    });

    it('writes over what is there, and removes what is and what is not', async () => {
      const key = newKey('files');
      for (const text of ['first', 'second one']) await store.write(key, bytesOf(text), 'image/webp');
      const { bytes, etag } = (await store.look(key))!;
      expect(bytes).toBe(10);
      expect(await textOf(await store.read(key, etag))).toBe('second one');
      await store.remove([key, newKey('files')]);
      expect(await store.look(key)).toBeNull();
    });

    it('sweeps what came in before a time, and keeps what came later and what is kept', async () => {
      await store.sweep(world.afterNow());
      const { key } = await uploaded('old');
      const kept = newKey('files');
      await store.write(kept, bytesOf('kept'), 'image/webp');
      expect(await store.sweep(Date.now() - 3_600_000)).toBe(0);
      expect(await store.sweep(world.afterNow())).toBe(1);
      expect(await store.look(key)).toBeNull();
      expect(await store.look(kept)).not.toBeNull();
    });
  });
}
