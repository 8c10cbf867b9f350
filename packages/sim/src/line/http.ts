import { type Call, type Dial, messageOf } from './line.ts';

const ANSWER_MS = 8_000;
/** Between two looks: this and up to as much again. */
const LOOK_MS = 600;

interface Answer {
  readonly status: number;
  readonly body: { readonly code?: string; readonly retryAfterMs?: number; readonly seq?: number } & Record<
    string,
    unknown
  >;
}

/** HTTP alone: asks for what came after, again and again. */
export const dialPolling: Dial = (call) => {
  const { after, random, handlers } = call;
  const ask = askerOf(call);
  let timer: NodeJS.Timeout | undefined;
  let ended = false;

  async function enter(): Promise<void> {
    const { status, body } = await ask('POST', '/participants', {});
    if (status >= 400) return handlers.onRefused(null, codeOf(status, body.code), body.retryAfterMs);
    handlers.onJoined();
    await look();
  }

  async function look(): Promise<void> {
    const { status, body } = await ask('GET', `/messages?after=${after()}&limit=100`);
    if (ended) return;
    if (status === 403) return handlers.onRefused(null, codeOf(status, body.code));
    if (status !== 200) return handlers.onOver(`answered with ${status}`);
    handlers.onAlive();
    for (const message of body.messages as unknown[]) handlers.onMessage(messageOf(message)!);
    timer = setTimeout(run, body.hasMore ? 0 : LOOK_MS * (1 + random.next()), look);
  }

  function run(step: () => Promise<void>): void {
    step().catch((error: Error) => handlers.onOver(error.message));
  }

  run(enter);
  return {
    say: (id, content, mentions) => void sayByHttp(call, id, content, mentions),
    ping() {},
    end() {
      ended = true;
      clearTimeout(timer);
    },
  };
};

/** Says something by HTTP; what it is answered goes to the handlers. A lost answer is no answer. */
export async function sayByHttp(call: Call, id: string, content: string, mentions?: readonly string[]): Promise<void> {
  try {
    const { status, body } = await askerOf(call)('POST', '/messages', { clientMessageId: id, content, mentions });
    if (status === 200 || status === 201) call.handlers.onAck(id, body.seq ?? null);
    else call.handlers.onRefused(id, codeOf(status, body.code), body.retryAfterMs);
  } catch {
    // Nobody knows what became of it: it is asked again under the same id.
  }
}

export function askerOf({ url, token, roomId }: Call) {
  return async (method: string, path: string, body?: object): Promise<Answer> => {
    const answer = await fetch(`${url}/api/chat/rooms/${roomId}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body ? { 'content-type': 'application/json' } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    const text = await answer.text();
    try {
      return { status: answer.status, body: JSON.parse(text) };
    } catch {
      return { status: answer.status, body: {} }; // the balancer's own page
    }
  };
}

/** What a balancer says has no code: the same again later. */
export function codeOf(status: number, code: string | undefined): string {
  return code ?? (status >= 500 ? 'UNAVAILABLE' : `HTTP_${status}`);
}
