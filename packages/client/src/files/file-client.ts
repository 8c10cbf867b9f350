import type { Result } from '../chat-error.ts';
import type { ConnectionState } from '../connection/connection-state.ts';

/** As much of a client as files need. */
export interface FileClient {
  /** Where the chat service is, without a slash at the end. */
  readonly url: string;
  readonly connection: {
    subscribe(listener: () => void): () => void;
    getSnapshot(): ConnectionState;
  };
  /** A request beside the connection; never rejects. */
  request<T>(method: string, path: string, body?: unknown): Promise<Result<T>>;
}
