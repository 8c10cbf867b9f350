import {
  type Event,
  type EventOf,
  LIMITS,
  type MessagePage,
  mentionsUser,
  type Participant,
  type Room,
} from '@gongu/shared';
import { type ChatError, type Result, success } from '../chat-error.ts';
import type { Clock } from '../clock.ts';
import type { Rest } from '../rest.ts';
import { openSseStream, type SseEvent } from './sse-stream.ts';

export interface SseRoomOptions {
  readonly roomId: string;
  readonly rest: Rest;
  readonly token: () => string;
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  readonly random: () => number;
  /** Whether this room may hold a stream now; asked before each opening. */
  readonly mayStream: () => boolean;
  readonly onEvent: (event: Event) => void;
  readonly onAlive: () => void;
  /** What it was refused with; it may end more than this room. */
  readonly onFailed: (error: ChatError) => void;
}

/** Milliseconds between two looks where no stream can be had. */
const POLL_MS = 3_000;
/** Milliseconds within which a stream that ended is opened again. */
const REOPEN_MS = 1_000;

const OVER: ReadonlySet<string> = new Set(['NOT_A_MEMBER', 'NOT_FOUND']);

/** One room over HTTP: joined by requests, followed by an event stream, or by polling where there is none. */
export function createSseRoom(options: SseRoomOptions) {
  const { roomId, rest, clock } = options;
  const path = `/rooms/${encodeURIComponent(roomId)}`;
  let seq = 0;
  let epoch = '';
  let stream: { close(): void } | null = null;
  let cancelNext = () => {};
  let canStream = true;
  let isWatching = false;
  /** When a server that was full may be asked for a stream again. */
  let streamFromMs = 0;
  let turn = 0;

  async function get<T>(what: string): Promise<Result<T>> {
    const answer = await rest.request<T>('GET', `${path}${what}`);
    return answer.ok ? success(answer.value.body) : answer;
  }

  /** All after `after`, oldest first; null when that is more than a recovery may hold. */
  async function missed(after: number): Promise<Result<MessagePage | null>> {
    const messages: MessagePage['messages'] = [];
    let reacted = {};
    for (;;) {
      const page = await get<MessagePage>(`/messages?limit=${LIMITS.pageMax}&after=${messages.at(-1)?.seq ?? after}`);
      if (!page.ok) return page;
      messages.push(...page.value.messages);
      reacted = { ...reacted, ...page.value.you?.reacted };
      if (!page.value.hasMore) return success({ messages, hasMore: false, you: { reacted } });
      if (messages.length >= LIMITS.recoveryMax) return success(null);
    }
  }

  /** Takes a place in the room; a member has it already. */
  const enter = () => rest.request<Participant>('POST', `${path}/participants`, {});

  const people = () => get<{ items: Participant[] }>(`/participants?limit=${LIMITS.snapshotParticipants}`);

  /** Who one is in the room: the own membership, which is taken unless one only looks; null for one who does. */
  async function standing(watch: boolean): Promise<Result<Participant | null>> {
    if (watch) {
      // Members see each other.
      const seen = await people();
      if (!seen.ok) return seen.error.code === 'NOT_A_MEMBER' ? success(null) : seen;
    }
    const place = await enter();
    return place.ok ? success(place.value.body) : place;
  }

  /** Takes a place in the room, unless one only looks, and reads what a `joined` holds. */
  async function join(
    after: number | null,
    watch: boolean,
    known?: string | null,
  ): Promise<Result<Omit<EventOf<'joined'>, 'ref'>>> {
    pause();
    // A stream may have been refused to who was no member.
    canStream = true;
    const place = await standing(watch);
    if (!place.ok) return place;
    const you = place.value;
    isWatching = you === null;
    const recovery = after === null ? success(null) : await missed(after);
    if (!recovery.ok) return recovery;
    const newest: Result<MessagePage> = recovery.value ? success(recovery.value) : await get('/messages');
    if (!newest.ok) return newest;
    // Read after the messages: what has changed since then is told again by messages that follow, and they say how
    // things are, not how they differ.
    const [room, list] = await Promise.all([get<Room>(''), you ? people() : success({ items: [] })]);
    if (!room.ok) return room;
    if (!list.ok) return list;
    ({ epoch } = room.value);
    // What came after that in another one is not what is missing.
    if (after !== null && known && known !== epoch) return join(null, watch);
    const { messages, hasMore, you: own } = newest.value;
    seq = messages.at(-1)?.seq ?? after ?? 0;
    const unseen = you ? messages.filter((m) => m.kind !== 'SYSTEM' && m.seq > you.lastReadSeq) : [];
    return success({
      type: 'joined',
      roomId,
      room: room.value,
      you: you && {
        ...{ ...you, ...own },
        unread: unseen.length,
        unreadMentions: unseen.filter((message) => mentionsUser(message, you.userId)).length,
      },
      participants: list.value.items,
      messages,
      lastSeq: seq,
      epoch,
      recovered: recovery.value !== null,
      hasMore,
    });
  }

  const mayFollow = () => canStream && clock.monotonic() >= streamFromMs;

  function follow(): void {
    pause();
    if (!canStream || !options.mayStream()) {
      next(POLL_MS, poll);
      return;
    }
    stream = openSseStream({
      url: `${rest.url}/api/chat${path}/events`,
      token: options.token(),
      // Servers of the first version have no epoch, and take none.
      lastEventId: epoch ? `${seq}.${epoch}` : String(seq),
      fetch: options.fetch,
      clock,
      onEvent: handle,
      onAlive: options.onAlive,
      onEnd(status, error) {
        stream = null;
        // Full at the moment: it is asked again when it says, and polled meanwhile.
        if (status === 503 || status === 429) streamFromMs = clock.monotonic() + (error?.retryAfterMs ?? POLL_MS);
        // No such stream here, or not with this proxy: the rest of the API still works.
        else if (status >= 400 && status !== 401) canStream = false;
        if (status === 0) options.onFailed({ code: 'CONNECTION_LOST', message: 'The stream broke', errors: [] });
        else if (status === 401 && error) options.onFailed(error);
        else if (mayFollow()) next(options.random() * REOPEN_MS, follow);
        else next(0, poll);
      },
    });
  }

  function handle({ type, data }: SseEvent): void {
    try {
      pass({ type, ...(JSON.parse(data) as object) } as Event);
    } catch {
      // No JSON: not ours.
    }
  }

  function pass(event: Event): void {
    if (event.type === 'message') seq = Math.max(seq, event.seq);
    // Nothing follows it.
    if (event.type === 'unwatched') pause();
    options.onEvent(event);
  }

  async function poll(): Promise<void> {
    const mine = turn;
    const found = await missed(seq);
    if (mine !== turn) return;
    if (!found.ok) {
      const { code, retryAfterMs = 0 } = found.error;
      options.onFailed(found.error);
      // It is asked again, unless that has ended more than this look, or he is no member any more.
      if (mine === turn && !OVER.has(code)) next(Math.max(POLL_MS, retryAfterMs), poll);
      return;
    }
    options.onAlive();
    if (found.value === null) return options.onEvent({ type: 'resync', roomId, afterSeq: seq });
    for (const message of found.value.messages) pass({ type: 'message', ...message });
    next(POLL_MS, mayFollow() ? follow : poll);
  }

  function next(delayMs: number, task: () => void): void {
    cancelNext = clock.after(delayMs, task);
  }

  function pause(): void {
    turn++;
    cancelNext();
    stream?.close();
    stream = null;
  }

  return {
    join,
    follow,
    /** Becomes a member where one only looks. */
    async enter(): Promise<Result<unknown>> {
      const place = isWatching ? await enter() : success(null);
      if (place.ok) isWatching = false;
      return place;
    },
    get isStreaming(): boolean {
      return stream !== null;
    },
    close: pause,
  };
}

export type SseRoom = ReturnType<typeof createSseRoom>;
