import {
  type CommitParticipants,
  listOf,
  type OpenRoom,
  Participant,
  type PatchRoom,
  Problem,
  Room,
} from '@gongu/shared';
import type { ChatAnswer, SaidByService } from '../outbox/deliver.ts';
import type { Trace } from '../product/ports/trace.ts';

export interface ChatApiOptions {
  /** `CHAT_URL`: where chat answers, without a path. */
  url: string;
  /** A service token, good for the next seconds. */
  signService: () => Promise<string>;
  /** Milliseconds a request may take. Default 5 000. */
  timeoutMs?: number;
}

/** Longest answer that is read of an error, characters. */
const PROBLEM_CHARS = 10_000;

const Participants = listOf(Participant.pick({ userId: true, committed: true }));

/** Chat's service routes over HTTP. Knows neither retries nor what an answer means to the outbox. */
export function createChatApi({ url, signService, timeoutMs = 5_000 }: ChatApiOptions) {
  const rooms = `${url.replace(/\/+$/, '')}/api/chat/rooms`;
  const pathOf = (roomId: string) => `${rooms}/${encodeURIComponent(roomId)}`;

  return {
    /** None of these throws: what breaks is an answer without a status. */
    open: (body: OpenRoom, trace: Trace) => tell('POST', rooms, body, trace),
    patch: (roomId: string, body: PatchRoom, trace: Trace) => tell('PATCH', pathOf(roomId), body, trace),
    commit: (roomId: string, userId: string, body: { committed: boolean; nickname?: string }, trace: Trace) =>
      tell('PUT', `${pathOf(roomId)}/participants/${encodeURIComponent(userId)}`, body, trace),
    commitAll: (roomId: string, participants: CommitParticipants['participants'], trace: Trace) =>
      tell('PUT', `${pathOf(roomId)}/participants`, { participants }, trace),
    say: (roomId: string, body: SaidByService, trace: Trace) => tell('POST', `${pathOf(roomId)}/messages`, body, trace),

    /**
     * @returns the room as chat has it; null when there is none
     * @throws Error when chat does not answer, or not with a room
     */
    async find(roomId: string): Promise<Room | null> {
      const response = await request('GET', pathOf(roomId), undefined, {});
      if (response.status === 404) {
        await response.text();
        return null;
      }
      if (!response.ok) throw new Error(`chat answered ${response.status}: ${await detailOf(response)}`);
      return Room.parse(await response.json());
    },

    /**
     * @returns ids of the participants who are buyers; none when there is no such room
     * @throws Error when chat does not answer, or not with participants
     */
    async buyers(roomId: string): Promise<string[]> {
      const found: string[] = [];
      for (let cursor = ''; ; ) {
        const response = await request('GET', `${pathOf(roomId)}/participants?limit=100${cursor}`, undefined, {});
        if (response.status === 404) {
          await response.text();
          return [];
        }
        if (!response.ok) throw new Error(`chat answered ${response.status}: ${await detailOf(response)}`);
        const { items, nextCursor } = Participants.parse(await response.json());
        for (const { userId, committed } of items) if (committed) found.push(userId);
        if (nextCursor === null) return found;
        cursor = `&cursor=${encodeURIComponent(nextCursor)}`;
      }
    },
  };

  async function tell(method: string, to: string, body: object, trace: Trace): Promise<ChatAnswer> {
    try {
      const response = await request(method, to, body, trace);
      const detail = response.ok ? '' : `${response.status} ${await detailOf(response)}`;
      // An unread body would keep the connection from being used again.
      if (response.ok) await response.arrayBuffer();
      return { status: response.status, timedOut: false, detail, retryAfterMs: retryAfterMs(response) };
    } catch (error) {
      const timedOut = (error as Error).name === 'TimeoutError';
      const detail = timedOut ? `no answer within ${timeoutMs} ms` : reasonOf(error);
      return { status: null, timedOut, detail, retryAfterMs: null };
    }
  }

  async function request(method: string, to: string, body: object | undefined, trace: Trace): Promise<Response> {
    return fetch(to, {
      method,
      headers: {
        authorization: `Bearer ${await signService()}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(trace.requestId === undefined ? {} : { 'x-request-id': trace.requestId }),
        ...(trace.traceparent === undefined ? {} : { traceparent: trace.traceparent }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
      // A redirect would carry the service token somewhere else.
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    });
  }
}

/** `CODE: detail` of a problem, or the beginning of whatever came instead. */
async function detailOf(response: Response): Promise<string> {
  const text = (await response.text()).slice(0, PROBLEM_CHARS);
  try {
    const { code, detail } = Problem.pick({ code: true, detail: true }).parse(JSON.parse(text));
    return `${code}: ${detail}`;
  } catch {
    return text.slice(0, 200);
  }
}

// In seconds; a date is too rare here to be read.
function retryAfterMs({ headers }: Response): number | null {
  const seconds = Number(headers.get('retry-after') ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1_000 : null;
}

// fetch says "fetch failed" and keeps the reason as its cause; that of several addresses has no message of its own.
function reasonOf(error: unknown): string {
  const cause = (error as { cause?: unknown }).cause ?? error;
  if (cause instanceof AggregateError) return cause.errors.map(reasonOf).join('; ');
  return cause instanceof Error ? cause.message : String(cause);
}
