// Over 300 lines: what is heard of one room and what is done in it; what stands by itself is beside it.
import { type Event, type EventOf, type Message, type PublicUser, spelledEmoji } from '@gongu/shared';
import { type ChatError, chatError, failure, type Result, success } from '../chat-error.ts';
import type { Clock } from '../clock.ts';
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
import { createJoining } from './joining.ts';
import { createLookUps } from './look-ups.ts';
import { isOfSame, isShown, withPending } from './pending-changes.ts';
import { createReadMark } from './read-mark.ts';
import { type RoomAction, reduceRoom } from './reduce-room.ts';
import { createRoomHistory } from './room-history.ts';
import { type RoomSnapshot, type RoomStatus, roomSnapshot } from './room-snapshot.ts';
import { emptyRoom, type RoomState } from './room-state.ts';
import { createSlowMode } from './slow-mode.ts';
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

/** One room, as long as somebody listens to it: joined, kept whole, joined again after a loss where it left off. */
export function createRoomFeed(options: RoomFeedOptions) {
  const { roomId, link, outbox, rest, clock } = options;
  let state: RoomState = emptyRoom(roomId, options.me);
  let status: RoomStatus = 'joining';
  let error: ChatError | null = null;
  let typing: readonly PublicUser[] = [];
  let shown = { of: state, by: [] as readonly OutgoingChange[], state };
  let over = false;
  let cancelGap: (() => void) | null = null;
  let cancelExpiry = () => {};
  /** Who waits to hear that the own membership has ended. */
  const leaving: ((left: Result<void>) => void)[] = [];
  const history = createRoomHistory({
    ...{ roomId, link, rest, reduce },
    state: () => state,
    onChange: () => show(),
    tell: () => store.flush(),
  });
  const joining = createJoining({
    ...options,
    state: () => state,
    isOver: () => over,
    startOver: () => startOver(),
    onJoined: joined,
    onRefused: (why, isFinal) => show({ error: why, ...(isFinal ? { status: 'refused' } : {}) }),
  });
  const lookUps = createLookUps({ roomId, rest, reduce, state: () => state, isOver: () => over });
  const slowMode = createSlowMode({ clock, spanMs: () => slowModeMs(), onChange: () => show() });
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
    const waits = { retryAtMs: joining.retryAtMs, slowUntilMs: slowMode.untilMs };
    const parts = { status, error, ...waits, typing, isLoadingOlder, isLoadingNewer };
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
    if (slowModeMs() !== slowModeMs(before)) slowMode.changed();
    else show();
    // There may be one before what is here, or before the one that was deleted.
    const mayLack = before.notice || ('joined' in action && !action.joined.recovered);
    if (mayLack && !state.notice && (state.hasOlder || !state.atTail)) void lookUps.askForNotice();
    if (state.room !== before.room && state.pinned.length < (state.room?.pinnedMessageIds?.length ?? 0)) {
      lookUps.askForPinned();
    }
    if (status === 'live' && state.headSeq > state.appliedSeq) cancelGap ??= clock.after(GAP_MS, closeGap);
  }

  /** What is missing after a moment is not on its way: the join brings it. */
  function closeGap(): void {
    cancelGap = null;
    if (status === 'live' && state.headSeq > state.appliedSeq) joining.join();
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

  function startOver(me = state.me): void {
    state = emptyRoom(roomId, me);
    readMark.reset();
    slowMode.reset();
  }

  function joined(event: EventOf<'joined'>): void {
    lookUps.askPinsAnew();
    for (const message of event.messages) outbox.arrived(message);
    status = 'live';
    error = null;
    reduce({ type: 'joined', joined: event });
    // What was stored before is in it, whoever has changed it since.
    outbox.settled(roomId, true);
    show();
    if (event.you) readMark.known(event.you.lastReadSeq);
  }

  function askToLeave(): void {
    link()?.ask({ type: 'leave', roomId }, (answer) => {
      if (answer.ok) {
        state = { ...state, gone: 'left', goneReason: null, you: null };
        show({ status: 'gone' });
        return left(success(undefined));
      }
      // The next connection asks again, whether it was heard or not: who has left already leaves once more.
      if (answer.error.code === 'CONNECTION_LOST') return;
      left(answer);
      // On a new connection it was asked in place of that.
      joining.join();
    });
  }

  function left(how: Result<void> = failure('CONNECTION_LOST', 'There is no connection')) {
    for (const done of leaving.splice(0)) done(how);
  }

  /** Milliseconds between two messages of one's own; 0: none. */
  function slowModeMs({ you, room } = state): number {
    return you?.role === 'HOST' ? 0 : (room?.slowModeSeconds ?? 0) * 1_000;
  }

  return {
    store,
    get state(): RoomState {
      return state;
    },
    history,
    readMark,
    lookUp: lookUps.lookUp,
    typing: ownTyping,

    /** There is a link, of this user. */
    ready(userId: string): void {
      if (state.me !== userId) {
        // Another user's view is no use to this one.
        startOver(userId);
        joining.askAnew();
        left();
        show({ status: 'joining', error: null });
      }
      if (leaving.length) askToLeave();
      else if (status !== 'refused' && status !== 'gone') joining.join();
    },

    /** The server refuses what is sent for so many milliseconds. */
    slowFor: slowMode.refusedFor,
    /**
     * Whether something may be sent now; in slow mode nothing waits for its time. What waits for its files comes before
     * others with files only.
     */
    mayDraft({ uploads }: Draft): Result<void> {
      const { outgoing } = outbox.of(roomId);
      const isUnderWay = outgoing.some((one) => one.status !== 'failed' && (uploads?.length || !isWaiting(one)));
      const waitMs = slowMode.waitMs(isUnderWay);
      if (waitMs <= 0) return success(undefined);
      return { ok: false, error: chatError('SLOW_MODE', 'It is in slow mode', { retryAfterMs: waitMs }) };
    },

    /** The room's drafts changed. */
    refresh: (): void => show(),

    /** The link is gone; what is here may age. */
    lost(): void {
      joining.lost();
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
          if (isOwn) slowMode.sent();
          return;
        }
        case 'joined':
          // A `joined` that nobody asked for: one has become a member. Of another moment, the rows say it.
          if (status !== 'live' || joining.isUnderWay || event.lastSeq !== state.appliedSeq) return;
          joining.done();
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
          return joining.join();
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
      if (joining.wantIn() && status === 'live' && !state.you) joining.join();
    },

    /** Asks again after a refusal. */
    rejoin(): void {
      if (status !== 'refused' && status !== 'gone') return;
      // Who went, or was sent away, wants to be back in it; whose place was needed may look.
      if (state.gone && state.gone !== 'ended' && !state.goneReason) joining.wantInOnce();
      show({ status: state.appliedSeq < 0 ? 'joining' : 'stale', error: null });
      joining.join();
    },

    /** The own membership ends, with the next connection where there is none. */
    leave(): Promise<Result<void>> {
      return new Promise((resolve) => {
        if (leaving.push(resolve) === 1) askToLeave();
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
    shows: (stored: Outgoing): boolean => isShown(state, stored),

    /** A reaction of one's own was stored. */
    reacted({ seq, emoji, on }: Change): void {
      state = withOwnReaction(state, seq, emoji!, on!);
    },

    /** Nobody listens any more. */
    close(): void {
      readMark.flush();
      ownTyping.set(false);
      left();
      link()?.ask({ type: 'unsubscribe', roomId }, () => {});
      over = true;
      readMark.stop();
      joining.stop();
      cancelExpiry();
      slowMode.stop();
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
