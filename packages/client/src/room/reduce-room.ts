import {
  type ChatMessage,
  type EventOf,
  LIMITS,
  type Message,
  type MessagePage,
  mentionsUser,
  type Participant,
  type PublicUser,
} from '@gongu/shared';
import { applyMessage, goneBy, systemData, withParticipant, withRead } from './apply-message.ts';
import { idsOf, withErased } from './erased.ts';
import { countUnread, type RoomState } from './room-state.ts';
import { changedBy, newest, upToDate, withReactions } from './up-to-date.ts';

/** What can happen to a room's state. */
export type RoomAction =
  /** The answer to a join. */
  | { readonly type: 'joined'; readonly joined: EventOf<'joined'> }
  /** Live messages, in whatever order and however often; or the newest notice, or a pinned message, however old. */
  | { readonly type: 'messages'; readonly messages: readonly Message[] }
  /** A page of history before the first, or after the last message at hand; or the place to which the reader jumped. */
  | {
      readonly type: 'page';
      readonly where: 'older' | 'newer' | 'elsewhere';
      readonly messages: readonly Message[];
      readonly hasMore: boolean;
      readonly you?: MessagePage['you'];
    }
  /** One that was looked up by itself. */
  | { readonly type: 'quoted'; readonly messages: readonly Message[] }
  | { readonly type: 'head'; readonly seq: number }
  | { readonly type: 'watchers'; readonly watcherCount: number }
  | { readonly type: 'read'; readonly userId: string; readonly seq: number }
  | { readonly type: 'presence'; readonly userId: string; readonly online: boolean; readonly onlineCount: number }
  | { readonly type: 'typing'; readonly user: PublicUser; readonly typing: boolean; readonly nowMs: number }
  /** Typing that was not renewed ends. */
  | { readonly type: 'time'; readonly nowMs: number }
  /** Participants beyond those of the join. */
  | { readonly type: 'participants'; readonly participants: readonly Participant[] };

/** Messages held beyond a gap; the join that closes it brings the others again. */
const HELD_MAX = 2_000;
/** Changed messages that are remembered: an older copy of one may still be on its way, with a page. */
const CHANGED_MAX = 100;
/** Messages that were looked up by themselves and are kept. */
const QUOTED_MAX = 200;
/** Messages kept while new ones come; the oldest leave a quarter at a time, and can be loaded again. */
const KEPT_MAX = 4_000;
/** Milliseconds a typing lasts here: a little longer than it takes the sender to renew it. */
const TYPING_MS = LIMITS.typingMs + 1_000;

/**
 * The state after an action. Pure: any order and any repetition of the same actions' messages ends in the same state,
 * because messages take effect by `seq`, once each, and of two copies of one the newer stays.
 */
export function reduceRoom(before: RoomState, action: RoomAction): RoomState {
  const state = reduceMessages(before, action);
  if (state === before || state.appliedSeq < 0) return state;
  // What moves neither the messages nor the mark moves this neither, and what only comes has been counted as it came.
  const changes = ({ messages }: { readonly messages: readonly Message[] }) =>
    messages.some((message) => ['message.changed', 'messages.erased'].includes(systemData(message)?.event ?? ''));
  const isMoved = state.messages !== before.messages && (action.type !== 'messages' || changes(action));
  if (!isMoved && state.readSeq === before.readSeq && action.type !== 'joined') return state;
  const unreadMentions = countUnread(state, (message) => mentionsUser(message, state.me)) ?? state.unreadMentions;
  return unreadMentions === state.unreadMentions ? state : { ...state, unreadMentions };
}

function reduceMessages(before: RoomState, action: RoomAction): RoomState {
  const source = ('joined' in action ? action.joined : action) as Partial<MessagePage>;
  // Who types or is there changes no message: what is kept need not be looked through.
  if (!source.messages) return reduce(before, action);
  const arrived = source.messages;
  const fresh = arrived.flatMap(changedBy);
  const copies = newest([...before.changed, ...fresh]);
  const erased = withErased(before.erased, arrived);
  const messages = upToDate(arrived, copies, before.reacted, erased);
  const isErased = erased !== before.erased;
  const gone = idsOf(isErased ? [...before.messages, ...arrived] : [], erased);
  const known =
    fresh[0] || isErased
      ? {
          ...before,
          erased,
          participants: before.participants.filter(({ userId }) => !gone.includes(userId)),
          changed: [...copies.values()].slice(-CHANGED_MAX),
          ...withMentions(before, upToDate(before.messages, copies, before.reacted, erased)),
          held: upToDate(before.held, copies, before.reacted, erased),
          quoted: upToDate(before.quoted, copies, before.reacted, erased),
        }
      : before;
  const current = 'joined' in action ? { ...action, joined: { ...action.joined, messages } } : { ...action, messages };
  const state = withReactions(reduce(known, current as RoomAction), before, source);
  // The newest one that is not deleted, of what is known; what is here counts only where nothing newer can be missing. What
  // was here when a message or an older page comes has been looked through: only a change, a join or another page may make
  // another one of it the newest.
  let notice: ChatMessage | null = null;
  const isNew =
    state.atTail &&
    (fresh.length > 0 || isErased || 'joined' in action || ('where' in action && action.where !== 'older'));
  const seen = [state.notice ?? [], action.type === 'quoted' ? [] : messages, isNew ? state.messages : []].flat();
  for (const message of upToDate(seen, copies, state.reacted, erased)) {
    // What the service says for programs displaces nothing that people said.
    const isNotice = message.kind === 'NOTIFICATION' && !message.deletedAt && message.data === undefined;
    if (isNotice && message.seq > (notice?.seq ?? 0)) notice = message;
  }
  const pinned = pinnedOf(state, messages, copies);
  return notice === state.notice && pinned === state.pinned ? state : { ...state, notice, pinned };
}

/** The messages at hand as they are now, and how many mentions are unread by that. */
function withMentions(before: RoomState, messages: readonly Message[]): Pick<RoomState, 'messages' | 'unreadMentions'> {
  let { unreadMentions } = before;
  before.messages.forEach((was, i) => {
    if (was === messages[i] || was.seq <= before.readSeq) return;
    unreadMentions += Number(mentionsUser(messages[i]!, before.me)) - Number(mentionsUser(was, before.me));
  });
  return { messages, unreadMentions: Math.max(0, unreadMentions) };
}

/** What is pinned, as far as it is known; the same array where nothing of it changed. */
function pinnedOf(state: RoomState, arrived: readonly Message[], copies: ReadonlyMap<number, ChatMessage>) {
  // Servers of the first version say nothing of it.
  const ids = state.room?.pinnedMessageIds ?? [];
  if (ids.length + state.pinned.length === 0) return state.pinned;
  const known = upToDate([...state.messages, ...arrived, ...state.pinned], copies, state.reacted, state.erased);
  const pinned = ids.flatMap((id) => {
    const found = newest(known.filter((message): message is ChatMessage => message.messageId === id));
    return [...found.values()].filter(({ deletedAt }) => !deletedAt);
  });
  const isSame = pinned.length === state.pinned.length && pinned.every((message, i) => message === state.pinned[i]);
  return isSame ? state.pinned : pinned;
}

function reduce(state: RoomState, action: RoomAction): RoomState {
  switch (action.type) {
    case 'joined':
      return joined(state, action.joined);
    case 'messages':
      return absorb(state, action.messages);
    case 'page':
      return action.where === 'older' ? older(state, action) : newer(state, action);
    case 'quoted':
      return { ...state, quoted: [...state.quoted, ...action.messages].slice(-QUOTED_MAX) };
    case 'head':
      return action.seq <= state.headSeq ? state : { ...state, headSeq: action.seq };
    case 'watchers':
      return { ...state, room: state.room && { ...state.room, watcherCount: action.watcherCount } };
    case 'read':
      return read(state, action.userId, action.seq);
    case 'presence': {
      const { userId, online, onlineCount } = action;
      const room = state.room && { ...state.room, onlineCount };
      return withParticipant({ ...state, room }, userId, (known) => ({ ...known, online }));
    }
    case 'typing': {
      const { user, typing, nowMs } = action;
      const others = state.typists.filter((typist) => typist.user.userId !== user.userId);
      if (!typing && others.length === state.typists.length) return state;
      return { ...state, typists: typing ? [...others, { user, untilMs: nowMs + TYPING_MS }] : others };
    }
    case 'time': {
      const typists = state.typists.filter(({ untilMs }) => untilMs > action.nowMs);
      return typists.length === state.typists.length ? state : { ...state, typists };
    }
    case 'participants': {
      const known = new Set([...state.left, ...state.participants.map(({ userId }) => userId)]);
      const more = action.participants.filter(({ userId }) => !known.has(userId));
      return more.length === 0 ? state : { ...state, participants: [...state.participants, ...more] };
    }
  }
}

/** A snapshot of one moment. An older one than what is here already says nothing. */
function joined(state: RoomState, event: EventOf<'joined'>): RoomState {
  const { appliedSeq } = state;
  if (event.lastSeq < appliedSeq) return state;
  const last = state.messages.at(-1);
  const fresh = event.messages.filter(({ seq }) => seq > appliedSeq);
  // Whether what came meets what is here; else there is a hole between them, and what is here gives way.
  const meets = appliedSeq >= 0 && (fresh[0]?.seq ?? event.lastSeq + 1) === appliedSeq + 1;
  let base: RoomState = { ...state, ...(meets ? {} : { participants: [], left: [], notice: null, quoted: [] }) };
  if (meets) for (const message of fresh) base = applyMessage(base, message);
  if (meets && state.atTail) base = append(base, fresh);
  else if (!last || state.atTail) base = { ...base, messages: event.messages, atTail: true, hasOlder: hasOlder(event) };
  const listed = new Set(event.participants.map(({ userId }) => userId));
  const complete = event.participants.length < LIMITS.snapshotParticipants;
  const beyond = complete ? [] : base.participants.filter(({ userId }) => !listed.has(userId));
  // One who only looks has read all that is there.
  const { unread, lastReadSeq } = event.you ?? { unread: 0, lastReadSeq: event.lastSeq };
  const readSeq = Math.max(state.readSeq, lastReadSeq);
  const next: RoomState = {
    ...base,
    room: { ...event.room, lastSeq: event.lastSeq },
    you: event.you && { ...participantOf(event.you), lastReadSeq: readSeq },
    muted: event.you?.muted ?? null,
    participants: [...event.participants, ...beyond],
    ...(state.you && !event.you ? endOf(event, state.me) : { gone: null, goneReason: null }),
    readSeq,
    unread,
    unreadMentions: event.you?.unreadMentions ?? 0,
    appliedSeq: event.lastSeq,
    epoch: event.epoch ?? null,
    // What the server says now counts, even where more had been heard of.
    headSeq: event.lastSeq,
    typists: [],
  };
  return absorb({ ...next, unread: readSeq > lastReadSeq ? (countUnread(next) ?? unread) : unread }, []);
}

function participantOf({
  unread: _,
  unreadMentions: __,
  muted: ___,
  reacted: ____,
  ...you
}: NonNullable<EventOf<'joined'>['you']>): Participant {
  return you;
}

/** How a membership ended while there was no connection. */
function endOf({ messages }: EventOf<'joined'>, me: string): Pick<RoomState, 'gone' | 'goneReason'> {
  const ends = messages.flatMap((message) => {
    const data = systemData(message);
    const isEnd = data?.event === 'participant.left' || data?.event === 'participant.removed';
    return isEnd && data.participant.userId === me ? [goneBy(data)] : [];
  });
  return ends.at(-1) ?? { gone: 'left', goneReason: null };
}

function hasOlder({ room, messages, hasMore, recovered }: EventOf<'joined'>): boolean {
  return hasMore || (recovered && (messages[0]?.seq ?? 1) > (room.firstSeq ?? 1));
}

/** Lets messages take effect that follow what is here, and holds those that don't yet. */
function absorb(state: RoomState, arrived: readonly Message[]): RoomState {
  const waiting = new Map<number, Message>();
  for (const message of [...state.held, ...arrived]) {
    if (message.seq > state.appliedSeq) waiting.set(message.seq, message);
  }
  if (waiting.size === 0 && state.held.length === 0) return state;
  const applied: Message[] = [];
  let next = state;
  // Before the first answer nothing is known to follow anything.
  if (state.appliedSeq >= 0) {
    for (let message = waiting.get(next.appliedSeq + 1); message; message = waiting.get(next.appliedSeq + 1)) {
      waiting.delete(message.seq);
      next = applyMessage(next, message);
      applied.push(message);
    }
  }
  const held = [...waiting.values()].sort((a, b) => a.seq - b.seq).slice(0, HELD_MAX);
  const headSeq = Math.max(next.headSeq, held.at(-1)?.seq ?? 0);
  return append({ ...next, held, headSeq }, applied);
}

/** New messages at the end, unless the reader is elsewhere. */
function append(state: RoomState, applied: readonly Message[]): RoomState {
  if (applied.length === 0 || !state.atTail) return state;
  // A page may have brought some of them already.
  const last = state.messages.at(-1)?.seq ?? 0;
  const messages = [...state.messages, ...applied.filter(({ seq }) => seq > last)];
  if (messages.length <= KEPT_MAX) return { ...state, messages };
  return { ...state, messages: messages.slice(messages.length - (KEPT_MAX * 3) / 4), hasOlder: true };
}

function older(state: RoomState, { messages, hasMore }: { messages: readonly Message[]; hasMore: boolean }): RoomState {
  const first = state.messages[0]?.seq ?? state.appliedSeq + 1;
  const before = messages.filter(({ seq }) => seq < first);
  const last = before.at(-1);
  if (!last) return { ...state, hasOlder: hasMore };
  // An answer to a question that no longer stands.
  if (last.seq !== first - 1) return state;
  const next = { ...state, messages: [...before, ...state.messages], hasOlder: hasMore };
  return { ...next, unread: countUnread(next) ?? state.unread };
}

function newer(state: RoomState, page: Extract<RoomAction, { type: 'page' }>): RoomState {
  const { where, messages, hasMore } = page;
  const last = state.messages.at(-1)?.seq ?? 0;
  const after = where === 'newer' ? messages.filter(({ seq }) => seq > last) : messages;
  if (where === 'newer' && (state.atTail || (after[0]?.seq ?? last + 1) !== last + 1)) return state;
  const window =
    where === 'newer' ? { messages: [...state.messages, ...after] } : { messages: after, hasOlder: hasMore };
  // The page may be ahead of what came live.
  const next = { ...absorb({ ...state, atTail: false }, after), ...window };
  const end = next.messages.at(-1)?.seq ?? next.appliedSeq;
  const settled = { ...next, atTail: end >= next.appliedSeq };
  return { ...settled, unread: countUnread(settled) ?? settled.unread };
}

function read(state: RoomState, userId: string, seq: number): RoomState {
  if (userId !== state.me) return withRead(state, userId, seq);
  const readSeq = Math.min(seq, state.appliedSeq);
  if (readSeq <= state.readSeq) return state;
  const next = { ...withRead(state, userId, readSeq), readSeq };
  return { ...next, unread: countUnread(next) ?? next.unread };
}
