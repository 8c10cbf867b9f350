/** What a client sends to put a file in its place. */
export interface SignedPut {
  /** Absolute, or a path of this service. */
  readonly url: string;
  /** Headers that it must send, each as it stands here; the length is checked too, and browsers set that themselves. */
  readonly headers: Readonly<Record<string, string>>;
}

/** What is there: how large, and which version of it. */
export interface FoundFile {
  readonly bytes: number;
  readonly etag: string;
}

/** How a file is shown to who follows a signed URL. */
export interface Shown {
  readonly type: string;
  /** `Content-Disposition`, ASCII. */
  readonly disposition: string;
  readonly expiresAtMs: number;
}

/**
 * Where the bytes of files are. Keys are our own, ASCII: `incoming/…` for what clients put there, `files/…` for what was
 * looked at. Whatever fails for a reason of the store's own rejects with AppError UNAVAILABLE.
 */
export interface FileStore {
  /** A request that puts exactly so many bytes of that type there until then, and only where nothing is yet. */
  signPut(
    key: string,
    put: { readonly type: string; readonly bytes: number; readonly expiresAtMs: number },
  ): Promise<SignedPut>;
  /** A URL that shows a file until then: absolute, or a path of this service. */
  signGet(key: string, shown: Shown): Promise<string>;
  /** Null: nothing is there. */
  look(key: string): Promise<FoundFile | null>;
  /** The bytes of that version; null where it is not there. */
  read(key: string, etag: string): Promise<AsyncIterable<Uint8Array> | null>;
  /** Copies that version; false where it is not there. */
  copy(from: string, etag: string, to: string, type: string): Promise<boolean>;
  /** Puts bytes there, whatever was. */
  write(key: string, bytes: Uint8Array, type: string): Promise<void>;
  /** Removes what is there of these. */
  remove(keys: readonly string[]): Promise<void>;
  /** Removes what was put in `incoming/` before; how many went. */
  sweep(beforeMs: number): Promise<number>;
}
