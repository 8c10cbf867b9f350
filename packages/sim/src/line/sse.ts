import { CLOSE } from '@gongu/shared';
import { askerOf, codeOf, sayByHttp } from './http.ts';
import { type Call, jsonOf, messageOf, type PausableLine } from './line.ts';

/** Listens to a room's event stream, and joins and talks over HTTP. */
export function dialEventStream(call: Call): PausableLine {
  const { url, token, roomId, after, random, handlers } = call;
  const ask = askerOf(call);
  const ending = new AbortController();
  /** Null while it reads. */
  let paused: { readonly until: Promise<void>; readonly resume: () => void } | null = null;

  async function enter(): Promise<void> {
    const { status, body } = await ask('POST', '/participants', {});
    if (status >= 400) return handlers.onRefused(null, codeOf(status, body.code), body.retryAfterMs);
    await listen();
  }

  async function listen(): Promise<void> {
    // As an EventSource: the first opening says it in the URL, those after it in the header.
    const inHeader = random.chance(0.5);
    const query = new URLSearchParams({ token, ...(inHeader ? {} : { after: String(after()) }) });
    const answer = await fetch(`${url}/api/chat/rooms/${roomId}/events?${query}`, {
      headers: { accept: 'text/event-stream', ...(inHeader ? { 'last-event-id': String(after()) } : {}) },
      signal: ending.signal,
    });
    if (answer.status !== 200 || !answer.body) {
      const code = jsonOf(await answer.text())?.code as string | undefined;
      if (answer.status === 403 || answer.status === 404) return handlers.onRefused(null, codeOf(answer.status, code));
      return handlers.onOver(`answered with ${answer.status}`);
    }
    const decoder = new TextDecoder();
    let rest = '';
    for await (const chunk of answer.body) {
      await paused?.until;
      handlers.onAlive();
      const blocks = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split('\n\n');
      rest = blocks.pop()!;
      for (const block of blocks) take(block);
    }
    handlers.onOver('the stream ended');
  }

  /** Whether what follows `joined` is all that was missed; else the first message begins anew. */
  let whole = true;

  function take(block: string): void {
    const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1] ?? '';
    const event = field('event');
    const data = jsonOf(field('data')) as Record<string, never> | null;
    if (event === 'joined') {
      whole = data?.recovered === true;
      handlers.onJoined();
    }
    if (event === 'message') {
      const message = messageOf(data)!;
      if (!whole && message.seq > after() + 1) handlers.onRestarted(message.seq - 1);
      whole = true;
      handlers.onMessage(message);
    }
    if (event === 'closed' && data?.code === CLOSE.removed) handlers.onRefused(null, 'NOT_A_MEMBER');
    if (event === 'closed' && data?.code === CLOSE.noSuchRoom) handlers.onRefused(null, 'NOT_FOUND');
  }

  enter().catch((error: Error) => handlers.onOver(error.message));
  return {
    say: (id, content, mentions) => void sayByHttp(call, id, content, mentions),
    // A comment line comes with every heart-beat.
    ping() {},
    end: () => ending.abort(),
    pause() {
      let resume = () => {};
      const until = new Promise<void>((resolve) => {
        resume = resolve;
      });
      paused = { until, resume };
    },
    resume() {
      paused?.resume();
      paused = null;
    },
  };
}
