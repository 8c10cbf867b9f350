import type { Attachment } from '@gongu/shared';
import { type ChatError, chatError, isPassing, type Result } from '../chat-error.ts';
import { type Clock, systemClock } from '../clock.ts';
import { backoffMs } from '../connection/backoff.ts';
import { createStore } from '../store.ts';
import { absoluteUrl } from './absolute-url.ts';
import type { FileClient } from './file-client.ts';
import { putFile, type UploadFile } from './put-file.ts';

export interface UploadSnapshot {
  /**
   * `uploading`: on its way, `loaded` tells how far. `checking`: it is there, and looked at. `done`: a message may take
   * `attachment`. `failed`: see `error`; `retry` goes on. `cancelled`: for good.
   */
  readonly status: 'uploading' | 'checking' | 'done' | 'failed' | 'cancelled';
  /** Bytes that have gone, of `file.size`. */
  readonly loaded: number;
  readonly attachment: Attachment | null;
  readonly error: ChatError | null;
  /** Where it was announced to go. */
  readonly place: UploadPlace | null;
}

/** A file on its way. */
export interface Upload {
  readonly file: UploadFile;
  subscribe(listener: () => void): () => void;
  /** The same object until something in it changes. */
  getSnapshot(): UploadSnapshot;
  /** Gives it up, and what is on its way with it. Of one that is `done` nothing is left either, a day later. */
  cancel(): void;
  /** Goes on with one that `failed`: what is there already is not sent again. */
  retry(): void;
}

/** What the service said of where a file is to be put. */
export interface UploadPlace {
  readonly uploadId: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly expiresAt: string;
}

export interface UploadOptions {
  readonly clock?: Clock;
  /** 0 ≤ n < 1. Default `Math.random`. */
  readonly random?: () => number;
  /** Goes on with one of an earlier visit: what was `done` is so, and what had failed waits for `retry`. Default: begins. */
  readonly from?: Partial<Pick<UploadSnapshot, 'attachment' | 'error' | 'place'>>;
}

/** Tries of one step, with a connection, before a failure that passes is shown. */
const TRIES_MAX = 8;

/**
 * Uploads a file for a room, whose member one must be: announced, put into the file store, looked at. It begins at once, or
 * with the connection where that is on its way. What passes by itself is tried again. Of what is refused
 * (`UPLOAD_REFUSED`), `error.message` says why.
 */
export function uploadFile(
  client: FileClient,
  roomId: string,
  file: UploadFile,
  { clock = systemClock, random = Math.random, from = {} }: UploadOptions = {},
): Upload {
  const { attachment = null, error = null, place = null } = from;
  const status = attachment ? 'done' : error ? 'failed' : 'uploading';
  const store = createStore<UploadSnapshot>(
    { status, loaded: attachment ? file.size : 0, attachment, error, place },
    clock,
  );
  const base = `/rooms/${encodeURIComponent(roomId)}/uploads`;
  let isThere = false;
  let aborting = new AbortController();

  const set = (part: Partial<UploadSnapshot>) => store.set({ ...store.get(), ...part });
  const isCancelled = () => store.get().status === 'cancelled';

  /** Whether there may be an answer; where nobody has asked for a connection, there may. */
  const isConnected = () => !['connecting', 'waiting'].includes(client.connection.getSnapshot().status);

  /** Resolves with a connection, or when the file is given up. */
  function connected(): Promise<void> {
    return new Promise((resolve) => {
      const stops: (() => void)[] = [];
      const look = () => {
        if (!isConnected() && !isCancelled()) return;
        for (const stop of stops) stop();
        resolve();
      };
      stops.push(client.connection.subscribe(look), store.subscribe(look));
      look();
    });
  }

  /** Asks until there is an answer that does not pass by itself. */
  async function persist<T>(ask: () => Promise<Result<T>>): Promise<Result<T>> {
    for (let tried = 1; ; tried++) {
      await connected();
      const answer = await ask();
      if (!answer.ok && answer.error.code === 'CONNECTION_LOST' && !isConnected()) tried = 0;
      if (answer.ok || !isPassing(answer.error) || tried >= TRIES_MAX || isCancelled()) return answer;
      // Who has uploaded too much waits for minutes: better told.
      if (answer.error.code === 'RATE_LIMITED' && (answer.error.retryAfterMs ?? 0) > 10_000) return answer;
      const backoff = backoffMs(tried, { baseMs: 500, capMs: 10_000, random });
      await new Promise<void>((resolve) => clock.after(Math.max(answer.error.retryAfterMs ?? 0, backoff), resolve));
    }
  }

  async function announce(): Promise<Result<UploadPlace>> {
    const { place: known } = store.get();
    if (known && Date.parse(known.expiresAt) > clock.now()) return { ok: true, value: known };
    // Without the codecs that a recorder adds: a browser sends headers as they are signed.
    const type = file.type.split(';')[0]!.trim() || 'application/octet-stream';
    const body = { name: file.name || 'file', type, bytes: file.size };
    const answer = await client.request<UploadPlace>('POST', base, body);
    if (answer.ok) set({ place: answer.value });
    return answer;
  }

  async function put(): Promise<Result<unknown>> {
    const { place: known } = store.get();
    const announced = await announce();
    if (!announced.ok || isCancelled()) return announced;
    const { url, headers } = announced.value;
    aborting = new AbortController();
    const answer = await putFile({ url: absoluteUrl(client, url), headers }, file, {
      onProgress: (loaded) => set({ loaded: Math.min(loaded, file.size) }),
      signal: aborting.signal,
      clock,
    });
    if (answer.ok || answer.error.code !== 'FORBIDDEN') return answer;
    // The URL is no longer good, whatever this machine's clock says: there is another for the asking.
    set({ place: null });
    return known === announced.value ? put() : answer;
  }

  /** `isAnew`: the service had given up what was there before. */
  async function run(isAnew = false): Promise<void> {
    if (file.size === 0)
      return set({ status: 'failed', error: chatError('UPLOAD_REFUSED', 'The file is empty', { reason: 'EMPTY' }) });
    set({ status: 'uploading', error: null, loaded: isThere ? file.size : 0 });
    if (!isThere) {
      const answer = await persist(put);
      if (isCancelled()) return;
      if (!answer.ok) return set({ status: 'failed', error: answer.error });
      isThere = true;
    }
    set({ status: 'checking', loaded: file.size });
    const looked = await persist(() =>
      client.request<Attachment>('POST', `${base}/${store.get().place!.uploadId}/complete`),
    );
    if (isCancelled()) return;
    if (looked.ok) return set({ status: 'done', attachment: looked.value });
    // What was refused or is not there begins anew.
    if (!isPassing(looked.error)) {
      isThere = false;
      set({ place: null });
    }
    if (looked.error.reason === 'GONE' && !isAnew) return run(true);
    set({ status: 'failed', error: looked.error });
  }

  if (status === 'uploading') void run();
  return {
    file,
    subscribe: store.subscribe,
    getSnapshot: store.get,
    cancel() {
      if (isCancelled()) return;
      set({ status: 'cancelled', attachment: null });
      aborting.abort();
    },
    retry() {
      if (store.get().status === 'failed') void run();
    },
  };
}
