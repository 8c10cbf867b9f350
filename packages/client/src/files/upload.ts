import type { Attachment } from '@gongu/shared';
import { type ChatError, chatError, isPassing, type Result } from '../chat-error.ts';
import type { ChatClient } from '../client.ts';
import { type Clock, systemClock } from '../clock.ts';
import { backoffMs } from '../connection/backoff.ts';
import { createStore } from '../store.ts';
import { absoluteUrl } from './absolute-url.ts';
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

interface Announced {
  readonly uploadId: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly expiresAt: string;
}

export interface UploadOptions {
  readonly clock?: Clock;
  /** 0 ≤ n < 1. Default `Math.random`. */
  readonly random?: () => number;
}

/** Tries of one step before a failure that passes is shown. */
const TRIES_MAX = 4;

/**
 * Uploads a file for a room, whose member one must be: announced, put into the file store, looked at. It begins at once. What
 * passes by itself is tried again. Of what is refused (`UPLOAD_REFUSED`), `error.message` says why.
 */
export function uploadFile(
  client: Pick<ChatClient, 'request' | 'url'>,
  roomId: string,
  file: UploadFile,
  { clock = systemClock, random = Math.random }: UploadOptions = {},
): Upload {
  const start: UploadSnapshot = { status: 'uploading', loaded: 0, attachment: null, error: null };
  const store = createStore(start, clock);
  const base = `/rooms/${encodeURIComponent(roomId)}/uploads`;
  let announced: Announced | null = null;
  let isThere = false;
  let aborting = new AbortController();

  const set = (part: Partial<UploadSnapshot>) => store.set({ ...store.get(), ...part });
  const isCancelled = () => store.get().status === 'cancelled';

  /** Asks until there is an answer that does not pass by itself. */
  async function persist<T>(ask: () => Promise<Result<T>>): Promise<Result<T>> {
    for (let tried = 1; ; tried++) {
      const answer = await ask();
      if (answer.ok || !isPassing(answer.error) || tried >= TRIES_MAX || isCancelled()) return answer;
      // Who has uploaded too much waits for minutes: better told.
      if (answer.error.code === 'RATE_LIMITED' && (answer.error.retryAfterMs ?? 0) > 10_000) return answer;
      const backoff = backoffMs(tried, { baseMs: 500, capMs: 5_000, random });
      await new Promise<void>((resolve) => clock.after(Math.max(answer.error.retryAfterMs ?? 0, backoff), resolve));
    }
  }

  async function announce(): Promise<Result<Announced>> {
    if (announced && Date.parse(announced.expiresAt) > clock.now()) return { ok: true, value: announced };
    // Without the codecs that a recorder adds: a browser sends headers as they are signed.
    const type = file.type.split(';')[0]!.trim() || 'application/octet-stream';
    const body = { name: file.name || 'file', type, bytes: file.size };
    const answer = await client.request<Announced>('POST', base, body);
    if (answer.ok) announced = answer.value;
    return answer;
  }

  async function put(): Promise<Result<unknown>> {
    const place = await announce();
    if (!place.ok || isCancelled()) return place;
    const { url, headers } = place.value;
    return putFile({ url: absoluteUrl(client, url), headers }, file, {
      onProgress: (loaded) => set({ loaded: Math.min(loaded, file.size) }),
      signal: aborting.signal,
    });
  }

  async function run(): Promise<void> {
    if (file.size === 0) return set({ status: 'failed', error: chatError('UPLOAD_REFUSED', 'The file is empty') });
    aborting = new AbortController();
    set({ status: 'uploading', error: null, loaded: isThere ? file.size : 0 });
    if (!isThere) {
      const answer = await persist(put);
      if (isCancelled()) return;
      if (!answer.ok) return set({ status: 'failed', error: answer.error });
      isThere = true;
    }
    set({ status: 'checking', loaded: file.size });
    const looked = await persist(() => client.request<Attachment>('POST', `${base}/${announced!.uploadId}/complete`));
    if (isCancelled()) return;
    if (looked.ok) return set({ status: 'done', attachment: looked.value });
    // What was refused or is not there begins anew.
    if (!isPassing(looked.error)) {
      isThere = false;
      announced = null;
    }
    set({ status: 'failed', error: looked.error });
  }

  void run();
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
