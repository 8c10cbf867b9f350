// Over 300 lines: one room as long as it is listened to, joined, looked at and kept whole; what stands by itself is beside it.
import { type ChatMessage, type Event, type EventOf, type Message, type PublicUser, spelledEmoji } from '@gongu/shared';
import { type ChatError, chatError, failure, isPassing, type Result, success } from '../chat-error.ts';
import type { Clock } from '../clock.ts';
import { backoffMs } from '../connection/backoff.ts';
import type { Link } from '../connection/link.ts';
import type { Outbox } from '../outbox/outbox.ts';
import {
  type Change,
  type Draft,
  isWaiting,
  type Mentioned,
  type Outgoing,
  type OutgoingChange,
} from '../outbox/outgoing.ts';
import type { Rest } from '../rest.ts';
import { createStore } from '../store.ts';
import { withOwnReaction } from './apply-message.ts';
import { isOfSame, withPending } from './pending-changes.ts';
import { createReadMark } from './read-mark.ts';
import { type RoomAction, reduceRoom } from './reduce-room.ts';
import { createRoomHistory } from './room-history.ts';
import { type RoomSnapshot, type RoomStatus, roomSnapshot } from './room-snapshot.ts';
import { emptyRoom, type RoomState } from './room-state.ts';
import { createTyping } from './typing.ts';

export interface RoomFeedOptions {
  readonly roomId: string;
  /** Whose feed this is; empty before that is known. */
  readonly me: string;
  /** Looks at the room, and joins it only by what is sent; else joins it. */
  readonly watch: boolean;
  readonly link: () => Link | null;
  readonly outbox: Outbox;
  readonly rest: Rest;
  readonly clock: Clock;
  readonly random: () => number;
}

/** Milliseconds a missing message is waited for before it is asked for. */
const GAP_MS = 300;
/** Milliseconds a room that is not there yet is waited for, from the first answer that said so: trade opens it in its own time. */
const OPENING_MS = 10_000;
/** Longest window of one of these waits. */
const OPENING_STEP_MS = 2_000;

/** One room, as long as somebody listens to it: joined, kept whole, joined again after a loss where it left off. */
export function createRoomFeed(options: RoomFeedOptions) {
  const { roomId, link, outbox, rest, clock, random } = options;
  let state: RoomState = emptyRoom(roomId, options.me);
  let status: RoomStatus = 'joining';
  let error: ChatError | null = null;
  let typing: readonly PublicUser[] = [];
  let shown = { of: state, by: [] as readonly OutgoingChange[], state };
  let joining = false;
  /** Whether the next one asks to look only. */
  let watches = options.watch;
  /** Where looking is not to be had, one joins. */
  let isWatchable = options.watch;
  let refusals = 0;
  /** Since when the room is waited for; infinite when it is not. */
  let missingSinceMs = Number.POSITIVE_INFINITY;
  /** When the server wants the next join, by the time of day for people, and before which there is none, by `monotonic`. */
  let retryAtMs: number | null = null;
  let notBeforeMs = Number.NEGATIVE_INFINITY;
  /** Pinned messages that were asked for since the last join. */
  let askedPins = new Set<string>();
  /** When one last sent, by `monotonic`; from then on the room's slow mode counts. */
  let sentAtMs = Number.NEGATIVE_INFINITY;
  /** When one may send again, by the time of day and by `monotonic`. */
  let slowUntilMs: number | null = null;
  let slowEndMs = Number.NEGATIVE_INFINITY;
  let over = false;
  /** Messages that are being asked for by themselves. */
  const lookedUp = new Set<number>();
  let cancelGap: (() => void) | null = null;
  let cancelRetry = () => {};
  let cancelExpiry = () => {};
  let cancelSlow = () => {};
  const history = createRoomHistory({
    ...{ roomId, link, rest, reduce },
    state: () => state,
    onChange: () => show(),
    tell: () => store.flush(),
  });
  const store = createStore<RoomSnapshot>(snapshot(), clock);

  const readMark = createReadMark({
    clock,
    tell(seq) {
      const ready = status === 'live' ? link() : null;
      ready?.tell({ type: 'read', roomId, seq });
      return ready !== null;
    },
  });
  const ownTyping = createTyping({
    clock,
    tell: (on) => void (status === 'live' && state.you && link()?.tell({ type: 'typing', roomId, typing: on })),
  });

  function snapshot(): RoomSnapshot {
    const { isLoadingOlder, isLoadingNewer } = history;
    const { outgoing, changing } = outbox.of(roomId);
    const drafts = { outgoing, changing };
    const parts = { status, error, retryAtMs, slowUntilMs, typing, isLoadingOlder, isLoadingNewer };
    return roomSnapshot({ state: shownState(changing), ...parts, ...drafts });
  }

  /** What is here, with what is on its way; looked through only when one of the two has changed. */
  function shownState(changing: readonly OutgoingChange[]): RoomState {
    if (changing.length === 0) return state;
    if (shown.by !== changing || !isOfSame(shown.of, state)) {
      shown = { of: state, by: changing, state: withPending(state, changing) };
    }
    const { messages, notice, ownReactions, room, pinned, participants } = shown.state;
    return { ...state, messages, notice, ownReactions, room, pinned, participants };
  }

  function show(next: { status?: RoomStatus; error?: ChatError | null } = {}): void {
    if (next.status) status = next.status;
    if (next.error !== undefined) error = next.error;
    if (!over) store.set(snapshot());
  }

  function reduce(action: RoomAction): void {
    const before = state;
    state = reduceRoom(state, action);
    if (state === before) return;
    if (state.typists !== before.typists) typed();
    if (state.appliedSeq !== before.appliedSeq || state.messages !== before.messages) outbox.settled(roomId);
    if (state.gone && status === 'live') status = 'gone';
    const spanMs = slowModeMs();
    // What was turned off, or is shorter by now, blocks no longer than it would.
    if (spanMs !== slowModeMs(before)) slowUntil(sentAtMs + spanMs);
    else show();
    // There may be one before what is here, or before the one that was deleted.
    const mayLack = before.notice || ('joined' in action && !action.joined.recovered);
    if (mayLack && !state.notice && (state.hasOlder || !state.atTail)) void askForNotice();
    if (state.room !== before.room && state.pinned.length < (state.room?.pinnedMessageIds?.length ?? 0)) askForPinned();
    if (status === 'live' && state.headSeq > state.appliedSeq) cancelGap ??= clock.after(GAP_MS, closeGap);
  }

  /** What is missing after a moment is not on its way: the join brings it. */
  function closeGap(): void {
    cancelGap = null;
    if (status === 'live' && state.headSeq > state.appliedSeq) join();
  }

  function typed(): void {
    typing = state.typists.map(({ user }) => user);
    cancelExpiry();
    const nextMs = Math.min(...state.typists.map(({ untilMs }) => untilMs));
    if (nextMs === Number.POSITIVE_INFINITY) return;
    cancelExpiry = clock.after(Math.max(0, nextMs - clock.monotonic()), () =>
      reduce({ type: 'time', nowMs: clock.monotonic() }),
    );
  }

  function join(): void {
    const ready = link();
    if (!ready || joining || over) return;
    cancelRetry();
    // A new connection is no reason to ask sooner.
    const waitMs = notBeforeMs - clock.monotonic();
    if (waitMs > 0) return retryIn(waitMs);
    joining = true;
    const after = state.appliedSeq < 0 ? null : state.appliedSeq;
    const { epoch } = state;
    ready.ask({ type: watches ? 'watch' : 'join', roomId, after, ...(epoch === null ? {} : { epoch }) }, (answer) => {
      joining = false;
      if (over) return;
      if (!answer.ok) return refused(answer.error);
      watches = isWatchable;
      if (after !== null && answer.value.lastSeq < after) {
        // The room has begun anew: nothing here is true of it.
        startOver();
        return join();
      }
      // A backup was restored, or the room made anew: nothing here is true of it, and the answer is as to one who has nothing.
      if (epoch !== null && (answer.value.epoch ?? epoch) !== epoch) startOver();
      joined(answer.value);
    });
  }

  function startOver(me = state.me): void {
    state = emptyRoom(roomId, me);
    readMark.reset();
    sentAtMs = slowEndMs = Number.NEGATIVE_INFINITY;
    slowUntilMs = null;
    cancelSlow();
  }

  function joined(event: EventOf<'joined'>): void {
    refusals = 0;
    askedPins = new Set();
    askAnew();
    for (const message of event.messages) outbox.arrived(message);
    status = 'live';
    error = null;
    reduce({ type: 'joined', joined: event });
    // What was stored before is in it, whoever has changed it since.
    outbox.settled(roomId, true);
    show();
    if (event.you) readMark.known(event.you.lastReadSeq);
  }

  /** The newest notice may be older than the messages that came. Without an answer it stays unknown until a join starts over. */
  async function askForNotice(): Promise<void> {
    const { me } = state;
    const path = `/rooms/${encodeURIComponent(roomId)}/notice`;
    const answer = await rest.request<{ message: ChatMessage | null }>('GET', path);
    if (over || state.me !== me || !answer.ok) return;
    const { message } = answer.value.body;
    if (!message) return;
    reduce({ type: 'messages', messages: [message] });
    // It has been deleted meanwhile.
    if (!state.notice) void askForNotice();
  }

  /** What is pinned may be older than the messages that came. */
  function askForPinned(): void {
    const known = new Set(state.pinned.map(({ messageId }) => messageId));
    for (const id of state.room!.pinnedMessageIds) {
      if (!known.has(id) && !askedPins.has(id)) void askForOne(id);
    }
  }

  async function askForOne(id: string): Promise<void> {
    askedPins.add(id);
    const message = await readOne(id.slice(id.lastIndexOf(':') + 1));
    if (message) reduce({ type: 'messages', messages: [message] });
  }

  /** A message as it is now; null where it can't be had, or is no longer asked for by the same user. */
  async function readOne(seq: number | string): Promise<Message | null> {
    const { me } = state;
    const path = `/rooms/${encodeURIComponent(roomId)}/messages/${seq}`;
    const answer = await rest.request<Message>('GET', path);
    return !over && state.me === me && answer.ok ? answer.value.body : null;
  }

  /** A message by itself. What can't be had now may be asked for again. */
  async function lookUp(seq: number): Promise<void> {
    const { messages, quoted } = state;
    const isHere = (message: Message) => message.seq === seq;
    if (lookedUp.has(seq) || messages.some(isHere) || quoted.some(isHere)) return;
    // What was removed for its age is shown as what was deleted.
    const at = { roomId, seq, messageId: `${roomId}:${seq}`, version: seq, createdAt: '', deletedAt: '' };
    const removed = {
      ...at,
      kind: 'NOTIFICATION',
      content: '',
      sender: null,
      replyTo: null,
      clientMessageId: null,
    } as const;
    if (seq < (state.room?.firstSeq ?? 0)) return reduce({ type: 'quoted', messages: [removed] });
    lookedUp.add(seq);
    const message = await readOne(seq);
    lookedUp.delete(seq);
    if (message) reduce({ type: 'quoted', messages: [message] });
  }

  function refused(why: ChatError): void {
    if (why.code === 'CONNECTION_LOST') return;
    if (isMissing(why)) return retryIn(backoffMs(refusals++, { random, baseMs: 500, capMs: OPENING_STEP_MS }) + 100);
    askAnew();
    // A server that does not show its rooms, or one of an older version.
    if (watches && (why.code === 'FORBIDDEN' || why.code === 'UNKNOWN_TYPE')) watches = isWatchable = false;
    // There is no place: looking takes none.
    else if (!watches && isWatchable && why.code === 'ROOM_FULL') watches = true;
    else if (isPassing(why)) return later(why);
    else return show({ status: 'refused', error: why });
    join();
  }

  function later(why: ChatError): void {
    const delayMs = Math.max(why.retryAfterMs ?? 0, backoffMs(refusals++, { random }));
    if (why.retryAfterMs !== undefined) {
      retryAtMs = clock.now() + delayMs;
      notBeforeMs = clock.monotonic() + delayMs;
    }
    show({ error: why });
    retryIn(delayMs);
  }

  function retryIn(delayMs: number): void {
    cancelRetry();
    cancelRetry = clock.after(delayMs, join);
  }

  /** Whether it is a room that may still be on its way: nothing of it has been seen, and it was not asked for long. */
  function isMissing({ code }: ChatError): boolean {
    if (code !== 'NOT_FOUND' || state.appliedSeq >= 0) return false;
    missingSinceMs = Math.min(missingSinceMs, clock.monotonic());
    return clock.monotonic() - missingSinceMs < OPENING_MS;
  }

  /** Milliseconds between two messages of one's own; 0: none. */
  function slowModeMs({ you, room } = state): number {
    return you?.role === 'HOST' ? 0 : (room?.slowModeSeconds ?? 0) * 1_000;
  }

  /** The server refuses for so long. Where it knows of a slow mode that is not told here yet, that begins now. */
  function slowFor(ms: number): void {
    if (ms <= 0) return;
    slowUntil(clock.monotonic() + ms);
    sentAtMs = slowEndMs - (slowModeMs() || ms);
  }

  /** @param endMs by `monotonic` */
  function slowUntil(endMs: number): void {
    cancelSlow();
    slowEndMs = endMs;
    const ms = endMs - clock.monotonic();
    slowUntilMs = ms > 0 ? clock.now() + ms : null;
    if (ms > 0) {
      cancelSlow = clock.after(ms, () => {
        slowUntilMs = null;
        show();
      });
    }
    show();
  }

  /** What the last refusal said no longer counts. */
  function askAnew(): void {
    retryAtMs = null;
    notBeforeMs = Number.NEGATIVE_INFINITY;
    missingSinceMs = Number.POSITIVE_INFINITY;
  }

  return {
    store,
    get state(): RoomState {
      return state;
    },
    history,
    readMark,
    lookUp,
    typing: ownTyping,

    /** There is a link, of this user. */
    ready(userId: string): void {
      if (state.me !== userId) {
        // Another user's view is no use to this one.
        startOver(userId);
        askAnew();
        show({ status: 'joining', error: null });
      }
      if (status !== 'refused' && status !== 'gone') join();
    },

    slowFor,
    /**
     * Whether something may be sent now; in slow mode nothing waits for its time. What waits for its files comes before
     * others with files only.
     */
    mayDraft({ uploads }: Draft): Result<void> {
      const { outgoing } = outbox.of(roomId);
      const isUnderWay = outgoing.some((one) => one.status !== 'failed' && (uploads?.length || !isWaiting(one)));
      const waitMs = isUnderWay ? slowModeMs() : slowModeMs() && slowEndMs - clock.monotonic();
      if (waitMs <= 0) return success(undefined);
      return { ok: false, error: chatError('SLOW_MODE', 'It is in slow mode', { retryAfterMs: waitMs }) };
    },

    /** The room's drafts changed. */
    refresh: (): void => show(),

    /** The link is gone; what is here may age. */
    lost(): void {
      joining = false;
      cancelRetry();
      cancelGap?.();
      cancelGap = null;
      if (status === 'live') show({ status: 'stale' });
    },

    /** An event of this room that is no answer. */
    heard(event: Event): void {
      switch (event.type) {
        case 'message': {
          // Over HTTP the own message comes twice.
          const isOwn = event.sender?.userId === state.me && event.seq > state.appliedSeq;
          outbox.arrived(event);
          reduce({ type: 'messages', messages: [messageOf(event)] });
          if (!isOwn) return;
          sentAtMs = clock.monotonic();
          if (slowModeMs() > 0) slowUntil(sentAtMs + slowModeMs());
          return;
        }
        case 'joined':
          // A `joined` that nobody asked for: one has become a member. Of another moment, the rows say it.
          if (status !== 'live' || joining || event.lastSeq !== state.appliedSeq) return;
          return joined(event);
        case 'unwatched':
          if (event.reason === 'ROOM_GONE')
            return show({ status: 'gone', error: chatError('NOT_FOUND', 'No such room') });
          state = {
            ...state,
            gone: event.reason === 'REMOVED' || event.reason === 'BANNED' ? 'removed' : 'ended',
            goneReason: event.reason === 'BANNED' ? event.reason : null,
          };
          return show({ status: 'gone' });
        case 'watchers':
        case 'head':
        case 'read':
        case 'presence':
          return reduce(event);
        case 'typing':
          if (event.user.userId === state.me) return;
          return reduce({ ...event, nowMs: clock.monotonic() });
        case 'resync':
          return join();
        case 'error':
          // Without a `ref` this concerns the room itself: it was removed, or one's membership was.
          if (event.code === 'NOT_A_MEMBER') state = { ...state, gone: 'removed', goneReason: null, you: null };
          else if (event.code !== 'NOT_FOUND') return;
          return show({ status: 'gone', error: chatError(event.code, event.message) });
      }
    },

    /** Everything up to `seq` was seen. */
    read(seq: number): void {
      const before = state.readSeq;
      reduce({ type: 'read', userId: state.me, seq });
      if (state.readSeq > before && state.you) readMark.mark(state.readSeq);
    },

    /** Somebody wants to be in the room, and not only to look. */
    joinAnyway(): void {
      if (!isWatchable) return;
      watches = isWatchable = false;
      if (status === 'live' && !state.you) join();
    },

    /** Asks again after a refusal. */
    rejoin(): void {
      if (status !== 'refused' && status !== 'gone') return;
      // Who went, or was sent away, wants to be back in it; whose place was needed may look.
      if (state.gone && state.gone !== 'ended' && !state.goneReason) watches = false;
      show({ status: state.appliedSeq < 0 ? 'joining' : 'stale', error: null });
      join();
    },

    /** The own membership ends. */
    leave(): Promise<Result<void>> {
      const ready = link();
      if (!ready) return Promise.resolve(failure('CONNECTION_LOST', 'There is no connection'));
      return new Promise((resolve) => {
        ready.ask({ type: 'leave', roomId }, (answer) => {
          if (!answer.ok) return resolve(answer);
          state = { ...state, gone: 'left', goneReason: null, you: null };
          show({ status: 'gone' });
          resolve(success(undefined));
        });
      });
    },

    /**
     * Another text for a message, by its `seq` or its own `clientMessageId`: where no version is named, what is here of it is
     * what is edited. `mentioned`: whom it mentions then.
     */
    edit(which: number | string, content: string, version?: number, mentioned: Mentioned = {}): Result<string> {
      const isOwn = ({ sender, clientMessageId }: Message) => sender?.userId === state.me && clientMessageId === which;
      const edited = state.messages.find((message) => message.seq === which || isOwn(message));
      if (!edited && typeof which === 'string') return outbox.reword(roomId, which, { ...mentioned, content });
      const seq = edited?.seq ?? (which as number);
      const attachments = edited && 'attachments' in edited ? edited.attachments : undefined;
      const edit = { kind: 'edit', seq, ifVersion: version ?? edited?.version } as const;
      // With its files it may be left without a text.
      return outbox.add(roomId, { ...mentioned, content, attachments }, edit);
    },

    /** Another change; `note`: of a report. */
    change({ emoji, ...change }: Change, note = ''): Result<string> {
      const what = emoji === undefined ? change : { ...change, emoji: spelled(emoji) };
      return outbox.add(roomId, { content: note }, what);
    },

    /** Whether what was stored is to be seen here, or nothing of it is. */
    shows({ change, seq }: Outgoing): boolean {
      if (!change || change.kind === 'react') return state.appliedSeq >= (seq ?? 0);
      const { room, participants, messages } = state;
      const { kind, userId, restriction } = change;
      if (kind === 'pin') return room?.pinnedMessageIds?.includes(`${roomId}:${change.seq}`) === change.on;
      if (kind === 'slow') return room?.slowModeSeconds === change.seconds;
      if (kind === 'remove' || restriction?.kind === 'BAN') return participants.every((each) => each.userId !== userId);
      const message = messages.find((one) => one.seq === change.seq);
      if (!message || message.kind === 'SYSTEM' || message.deletedAt) return true;
      return kind !== 'delete' && (kind !== 'edit' || (message.version ?? 0) >= (seq ?? 0));
    },

    /** A reaction of one's own was stored. */
    reacted({ seq, emoji, on }: Change): void {
      state = withOwnReaction(state, seq, emoji!, on!);
    },

    /** Nobody listens any more. */
    close(): void {
      readMark.flush();
      ownTyping.set(false);
      link()?.ask({ type: 'unsubscribe', roomId }, () => {});
      over = true;
      readMark.stop();
      cancelRetry();
      cancelExpiry();
      cancelSlow();
      cancelGap?.();
    },
  };
}

export type RoomFeed = ReturnType<typeof createRoomFeed>;

/** A `message` frame without its type. */
function messageOf({ type: _, ...message }: EventOf<'message'>) {
  return message;
}

/** As the server spells it; where it is not known how, as it came. */
function spelled(emoji: string): string {
  try {
    return spelledEmoji(emoji);
  } catch {
    // A browser whose regular expressions know no flag `v`.
    return emoji;
  }
}
