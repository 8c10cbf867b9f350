import { AppError, type Command, LIMITS, type Message, type User } from '@gongu/shared';
import type { Attached, Hub } from '../hub/hub.ts';
import type { FeedListener } from '../hub/room-feed.ts';
import type { Asked, FollowCommand, SignalCommand } from '../protocol/codec.ts';
import type { Caller } from '../room/access.ts';
import type { Members } from '../room/members.ts';
import type { Messages, Sending } from '../room/messages.ts';
import type { Presence } from '../room/ports/presence.ts';
import type { StoredMessage } from '../room/ports/stored-message.ts';
import { participantView, roomView, unreadOf, wireMessage } from '../room/view.ts';
import type { ConnectionWatch } from './connection-watch.ts';
import type { PresenceTick } from './presence-tick.ts';
import type { RateLimit } from './rate-limit.ts';
import type { Session } from './session.ts';
import { SocketRooms } from './socket-rooms.ts';

export interface DispatchDeps {
  readonly hub: Hub;
  readonly members: Members;
  readonly messages: Messages;
  readonly presence: Presence;
  readonly presenceTick: PresenceTick;
  readonly connections: ConnectionWatch;
  readonly overview: OverviewWatch;
  /** Messages of one user, over all his sockets and HTTP. */
  readonly rate: RateLimit;
  readonly now: () => number;
}

/** Tells listeners about all rooms of their users. */
export interface OverviewWatch {
  /** @throws AppError UNAVAILABLE */
  watch(listener: FeedListener): Promise<void>;
  unwatch(listener: FeedListener): void;
  /** All of it anew, to a listener that fell behind. */
  retell(listener: FeedListener): void;
}

/** Commands of one socket that may wait for their turn. */
const WAITING_MAX = 200;
/** A typing that is renewed is passed on at most this often. */
const TYPING_PASSED_MS = 1_000;

/** A `send`, with what only other protocols than gongu.v1 can say. */
type SendCommand = Extract<Command, { type: 'send' }> & Pick<Sending, 'data' | 'signalType'>;

/**
 * Commands to use cases, results to events. Commands of one socket and room take effect in their order; sends that wait
 * for nothing go straight to the append, which keeps them in theirs.
 */
export function createDispatch(deps: DispatchDeps) {
  const { hub, members, messages, presence, presenceTick, connections, overview, rate, now } = deps;
  const sockets = new Map<string, SocketRooms>();
  /** In a storm of joins all get the same messages: the same objects, so that a protocol can keep what it made of them. */
  const wires = new WeakMap<StoredMessage, Message>();

  function wireOf(message: StoredMessage): Message {
    const known = wires.get(message);
    if (known) return known;
    const made = wireMessage(message);
    wires.set(message, made);
    return made;
  }

  function roomsOf(session: Session): SocketRooms {
    const known = sockets.get(session.id);
    if (known) return known;
    const made = new SocketRooms();
    if (!session.over) sockets.set(session.id, made);
    return made;
  }

  function leaveSocket(session: Session, roomId: string): void {
    const own = sockets.get(session.id);
    if (session.user) typing(session, session.user, { type: 'typing', roomId, typing: false });
    hub.detach(roomId, session.listener);
    if (!own?.joined.delete(roomId)) return;
    if (session.user) presenceTick.leave(roomId, session.user.userId, session.id);
  }

  async function join(
    session: Session,
    user: User,
    command: Extract<Command, { type: 'join' }> | FollowCommand,
  ): Promise<void> {
    const { roomId } = command;
    const after = command.after ?? null;
    let reached = 0;
    if (!(await hub.member(roomId, user.userId))) {
      if (command.type === 'follow') throw new AppError('NOT_A_MEMBER');
      reached = (await members.join(user, roomId, true)).lastSeq;
    }
    // A socket that went meanwhile has left all its rooms: nobody would take it out of this one again.
    if (session.over) return;
    const { joined } = roomsOf(session);
    const again = joined.has(roomId);
    joined.add(roomId);
    presenceTick.enter(roomId, user.userId, session.id);
    const online = await presence.view(roomId);
    let attached: Attached;
    try {
      attached = await hub.attach(roomId, session.listener, { after, reached });
      // The room was made anew. One who can't ask again starts over here.
      if (command.type === 'follow' && after !== null && after > attached.lastSeq) {
        attached = await hub.attach(roomId, session.listener, { after: null, reached });
      }
    } catch (error) {
      if (!again) leaveSocket(session, roomId);
      throw error;
    }
    if (session.over) return leaveSocket(session, roomId);
    // Nothing is awaited between being live and `joined`, so no event of the room can overtake it.
    const { state, lastSeq, messages: missed, recovered, hasMore } = attached;
    const me = state.members.get(user.userId)!;
    const first = [...firstOf(state.members.values(), LIMITS.snapshotParticipants)];
    session.emit({
      type: 'joined',
      ...(command.ref === undefined ? {} : { ref: command.ref }),
      roomId,
      room: roomView(state.room, online.count),
      you: { ...participantView(me, online), unread: unreadOf(state.room, me) },
      participants: first.map((member) => participantView(member, online)),
      messages: missed.map(wireOf),
      lastSeq,
      recovered,
      hasMore,
    });
  }

  async function send(session: Session, user: User, command: SendCommand): Promise<void> {
    const retryAfterMs = rate.take(user.userId);
    if (retryAfterMs > 0) throw new AppError('RATE_LIMITED', { retryAfterMs });
    const { message, duplicate } = await messages.send(caller(user), command);
    typing(session, user, { type: 'typing', roomId: command.roomId, typing: false });
    session.emit({
      type: 'ack',
      ...(command.ref === undefined ? {} : { ref: command.ref }),
      roomId: message.roomId,
      seq: message.seq,
      messageId: message.messageId,
      clientMessageId: command.clientMessageId,
      createdAt: message.createdAt,
      duplicate,
    });
  }

  async function signal(session: Session, user: User, { roomId, signalType, to, ref }: SignalCommand): Promise<void> {
    if ('content' in to) return send(session, user, { type: 'send', ref, roomId, signalType, ...to });
    if (!sockets.get(session.id)?.joined.has(roomId)) {
      throw new AppError('NOT_A_MEMBER', { detail: 'Join the room first' });
    }
    const retryAfterMs = rate.take(user.userId);
    if (retryAfterMs > 0) throw new AppError('RATE_LIMITED', { retryAfterMs });
    hub.emit({ kind: 'whisper', roomId, sender: user.userId, signalType, ...to });
  }

  function typing(session: Session, user: User, command: Extract<Command, { type: 'typing' }>): void {
    const own = sockets.get(session.id);
    const { roomId } = command;
    const present = own?.typing?.get(roomId);
    const at = now();
    if (!own || (!command.typing && !present)) return;
    if (command.typing) {
      const pass = !present || at - present.passedAt >= TYPING_PASSED_MS;
      own.typing ??= new Map();
      own.typing.set(roomId, { until: at + LIMITS.typingMs, passedAt: pass ? at : present.passedAt });
      if (!pass) return;
    } else own.typing?.delete(roomId);
    const { userId, nickname, tag } = user;
    hub.emit({ kind: 'typing', roomId, user: { userId, nickname, tag }, typing: command.typing });
  }

  async function run(session: Session, user: User, command: Exclude<Asked, { type: 'auth' }>): Promise<void> {
    const own = roomsOf(session);
    const ref = command.ref === undefined ? {} : { ref: command.ref };
    switch (command.type) {
      case 'ping':
        return session.emit({ type: 'pong', ...ref, serverTime: new Date(now()).toISOString() });
      case 'join':
      case 'follow':
        return join(session, user, command);
      case 'overview':
        await overview.watch(session.listener);
        // Gone meanwhile: nobody would take it out again.
        if (session.over) overview.unwatch(session.listener);
        return;
      case 'send':
        return send(session, user, command);
      case 'signal':
        return signal(session, user, command);
      case 'typing':
        if (!own.joined.has(command.roomId)) throw new AppError('NOT_A_MEMBER', { detail: 'Join the room first' });
        return typing(session, user, command);
      case 'read':
        return members.markRead(user.userId, command.roomId, command.seq);
      case 'history': {
        const page = await messages.page(caller(user), command.roomId, command);
        return session.emit({ type: 'page', ...ref, roomId: command.roomId, ...page });
      }
      case 'unsubscribe':
        // What happened before the command still belongs to it.
        hub.flushRoom(command.roomId);
        leaveSocket(session, command.roomId);
        return session.emit({ type: 'ok', ...ref });
      case 'leave':
        // What was said before it is stored first: after it, the sender is no member.
        await own.sent(command.roomId);
        await members.leave(caller(user), command.roomId, user.userId);
        leaveSocket(session, command.roomId);
        return session.emit({ type: 'ok', ...ref });
    }
  }

  return {
    /** `confirm`: a command without an answer of its own is answered by `ok`. */
    command(session: Session, user: User, command: Exclude<Asked, { type: 'auth' }>, confirm: boolean): void {
      const own = roomsOf(session);
      const task = async () => {
        if (session.over) return;
        try {
          await run(session, user, command);
          if (confirm && (command.type === 'read' || command.type === 'typing')) {
            session.emit({ type: 'ok', ...(command.ref === undefined ? {} : { ref: command.ref }) });
          }
        } catch (error) {
          session.refuse(error, command);
        }
      };
      const roomId = 'roomId' in command ? command.roomId : '';
      // A send waits for its room's join, not for other sends: those go to the append together and stay in order there.
      const sends = command.type === 'send' || command.type === 'signal';
      const free = sends || command.type === 'ping' || command.type === 'typing';
      const start = () => {
        const done = task();
        if (sends) own.noteSend(roomId, done);
      };
      if (free && !own.ordered.busy(roomId)) start();
      else if (own.ordered.size >= WAITING_MAX) {
        session.refuse(
          new AppError('RATE_LIMITED', { detail: 'Too many commands are waiting', retryAfterMs: 1_000 }),
          command,
        );
      } else if (free) {
        // Started in its turn and not waited for by what follows.
        own.ordered.run(roomId, async () => start());
      } else own.ordered.run(roomId, task);
    },

    /** The room no longer concerns this socket. */
    ended(session: Session, roomId: string): void {
      leaveSocket(session, roomId);
    },

    /** The client wants to hear how many sockets are connected, or no longer does. */
    watch: connections.watch,

    async resume(session: Session, roomId: string): Promise<void> {
      // No room: what it fell behind with is the overview.
      if (roomId === '') return overview.retell(session.listener);
      await hub.resume(roomId, session.listener);
    },

    sweep(session: Session, at: number): void {
      const own = sockets.get(session.id);
      if (!own?.typing || !session.user) return;
      for (const [roomId, { until }] of own.typing) {
        if (at >= until) typing(session, session.user, { type: 'typing', roomId, typing: false });
      }
    },

    closed(session: Session): void {
      connections.watch(session, false);
      overview.unwatch(session.listener);
      const own = sockets.get(session.id);
      if (!own) return;
      for (const roomId of [...own.joined]) leaveSocket(session, roomId);
      sockets.delete(session.id);
    },
  };
}

export type Dispatch = ReturnType<typeof createDispatch>;

function caller(user: User): Caller {
  return { kind: 'user', user };
}

function* firstOf<T>(items: Iterable<T>, count: number): Iterable<T> {
  let i = 0;
  for (const item of items) {
    if (i++ >= count) return;
    yield item;
  }
}
