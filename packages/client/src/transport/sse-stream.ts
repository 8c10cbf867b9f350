import type { ChatError } from '../chat-error.ts';
import type { Clock } from '../clock.ts';
import { problemOf } from '../rest.ts';

/** One event of a stream (WHATWG HTML §9.2). */
export interface SseEvent {
  readonly type: string;
  readonly data: string;
}

/** Takes the stream's text apart; chunks may end anywhere. Comments are dropped, and ids: our events hold their `seq`. */
export function createSseParser(onEvent: (event: SseEvent) => void): (chunk: string) => void {
  let rest = '';
  let cr = '';
  let type = '';
  let data: string[] = [];
  return (chunk) => {
    // A CR at a chunk's end may be half of a CRLF: it waits for the next one.
    const text = cr + chunk;
    cr = text.endsWith('\r') ? '\r' : '';
    // Only what is new is looked at: a long line may come in as many chunks as it has characters.
    const lines = text.slice(0, text.length - cr.length).split(/\r\n|[\r\n]/);
    lines[0] = rest + lines[0]!;
    rest = lines.pop()!;
    for (const line of lines) {
      if (line === '') {
        if (data.length > 0) onEvent({ type: type || 'message', data: data.join('\n') });
        type = '';
        data = [];
        continue;
      }
      const [, field, value] = /^([^:]*):? ?([\s\S]*)$/.exec(line)!;
      if (field === 'event') type = value!;
      else if (field === 'data') data.push(value!);
    }
  };
}

export interface SseStreamOptions {
  readonly url: string;
  readonly token: string;
  /** The newest `seq` that is here already. Absent: the stream has no such thing, and tells all. */
  readonly lastEventId?: string;
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  readonly onEvent: (event: SseEvent) => void;
  readonly onAlive: () => void;
  /** Called once, unless this side closed it. `status` 0: no answer at all; 200: the stream ended or fell silent. */
  readonly onEnd: (status: number, error: ChatError | null) => void;
}

/** Milliseconds without a byte after which a stream is taken for dead. Servers send a comment every 25 s. */
const SILENCE_MS = 60_000;

/** Reads an event stream by `fetch`: an `EventSource` could not send the token in a header. */
export function openSseStream(options: SseStreamOptions): { close(): void } {
  const { url, token, lastEventId, clock } = options;
  const abort = new AbortController();
  let over = false;
  let cancelWatch = () => {};

  function end(status: number, error: ChatError | null): void {
    if (over) return;
    close();
    options.onEnd(status, error);
  }

  function close(): void {
    over = true;
    cancelWatch();
    abort.abort();
  }

  function watch(status: number): void {
    cancelWatch();
    cancelWatch = clock.after(SILENCE_MS, () => end(status, null));
  }

  async function read(): Promise<void> {
    watch(0);
    const response = await options.fetch(url, {
      headers: {
        accept: 'text/event-stream',
        authorization: `Bearer ${token}`,
        ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
      },
      signal: abort.signal,
    });
    if (!response.ok || !response.body) return end(response.status, await problemOf(response));
    const parse = createSseParser((event) => {
      if (!over) options.onEvent(event);
    });
    const decoder = new TextDecoder();
    const reader = response.body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (over) return;
      if (done) return end(200, null);
      watch(200);
      options.onAlive();
      parse(decoder.decode(value, { stream: true }));
    }
  }

  read().catch(() => end(0, null));
  return { close };
}
