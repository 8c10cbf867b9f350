/** What a client sends to put a file in its place. */
export interface SignedPut {
  /** Absolute, or a path of the service. */
  readonly url: string;
  /** Headers that it must send, each as it stands here. */
  readonly headers: Readonly<Record<string, string>>;
}

/** What is there: how large, and which version of it. */
export interface StoredFile {
  readonly bytes: number;
  readonly etag: string;
}

/** How a file is shown to who follows a signed URL. */
export interface ShownFile {
  readonly type: string;
  /** `Content-Disposition`, ASCII. */
  readonly disposition: string;
  readonly expiresAtMs: number;
}
