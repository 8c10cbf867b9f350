import {
  AppError,
  CLOSE,
  type Command,
  ERRORS,
  type Event,
  errorEvent,
  type PublicUser,
  publicUser,
  type Summary,
  type User,
} from '@gongu/shared';
import type { Asked, Codec, Step } from '../protocol/codec.ts';
import type { Hello, Inbound, Socket } from '../transport/socket.ts';
import { Bucket } from './rate-limit.ts';
import type { FeedListener } from './room-feed.ts';
import type { SessionDeps, SessionOpening } from './session-deps.ts';

/** Frames that can't be read before the socket is closed. */
const BAD_FRAMES_MAX = 3;
/** Frames that wait while the first one is being authenticated. */
const WAITING_MAX = 100;
/** Milliseconds before a promised sign of life is due at which it is sent: two looks at the deadlines. */
const BEAT_EARLY_MS = 500;
/** Milliseconds before its end at which a token's client is told. */
const EXPIRING_MS = 30_000;

/**
 * One client's life, whatever carries it: who he is, what he asks, what he is told. Everything inbound is caught here:
 * a frame ends in an answer, an error event or a close, never in a throw.
 */
export function createSession(
  deps: SessionDeps,
  socket: Socket,
  hello: Hello,
  codec: Codec,
  opening: SessionOpening = {},
) {
  const { dispatch, limits, now, log } = deps;
  const openedAt = now();
  let user: User | null = null;
  let authenticating = false;
  /** The close has been said, or has come: nothing more is taken from the client. */
  let over = false;
  let closed = false;
  /** What was said to the client; what comes back of it is the network's. */
  let said: { code: number; reason: string } | null = null;
  let badFrames = 0;
  let waiting: { command: Asked; confirm: boolean }[] = [];
  let toldExpiring = false;
  let slowSince: number | null = null;
  const frames = new Bucket(limits.framesPerSecond, openedAt);
  const behindRooms = new Map<string, number>();
  /** Epoch milliseconds of the last sign of life, either way; a protocol may have promised some. */
  let heardAt = openedAt;
  let sentAt = openedAt;
  let key = '';
  let keyOf: string | null = null;

  const listener: FeedListener = {
    get userId() {
      return user?.userId ?? '';
    },
    key(roomId) {
      const own = codec.renderKey(roomId);
      if (own !== keyOf) {
        keyOf = own;
        key = `${socket.framing.key}/${codec.protocol}/${own}`;
      }
      return key;
    },
    encode(events) {
      const frames = events.flatMap((event) => codec.render(event).texts.map((text) => socket.framing.frame(text)));
      return frames.length === 0 ? null : socket.framing.join(frames);
    },
    write(bytes) {
      if (socket.queuedBytes() > limits.sendQueueBytes) return false;
      socket.write(bytes);
      sentAt = now();
      return true;
    },
    behind(roomId, afterSeq) {
      behindRooms.set(roomId, afterSeq);
      slowSince ??= now();
      socket.pause(true);
    },
    ended(roomId, why) {
      dispatch.ended(session, roomId);
      if (why === 'gone') emit(errorEvent('NOT_FOUND', 'The room was removed', { roomId }));
      const close = codec.ended?.(roomId, why);
      if (close) end(close.code, close.reason);
    },
  };

  function emit(event: Event | Summary): void {
    if (over) return;
    const { texts, close } = codec.render(event);
    for (const text of texts) say(text);
    if (close) end(close.code, close.reason);
    // It doesn't read, so it shan't ask for more.
    else if (slowSince === null && socket.queuedBytes() > limits.sendQueueBytes) {
      slowSince = now();
      socket.pause(true);
    }
  }

  function say(text: string): void {
    socket.send(text);
    sentAt = now();
  }

  function end(code: number, reason: string): void {
    if (over) return;
    over = true;
    said = { code, reason };
    socket.close(code, reason);
    // Now, and not when the client has answered the close: it may take its time, or go on talking.
    dispatch.closed(session);
  }

  function refuse(error: unknown, command: { ref?: string | undefined; roomId?: string } = {}): void {
    const { code, detail, retryAfterMs, errors } = deps.toAppError(error);
    const fields = { connectionId: socket.id, userId: user?.userId ?? null };
    if (code === 'INTERNAL') log.failed(fields, error);
    else log.refused({ ...fields, code });
    emit(errorEvent(code, detail, { ref: command.ref, roomId: command.roomId, retryAfterMs, errors }));
  }

  function welcome(next: User): void {
    user = next;
    toldExpiring = false;
    log.authenticated({ connectionId: socket.id, userId: next.userId, protocol: codec.protocol });
    emit({
      type: 'ready',
      connectionId: socket.id,
      user: publicUser(next),
      serverTime: new Date(now()).toISOString(),
      heartbeatMs: limits.heartbeatMs,
      tokenExpiresAt: new Date(next.expiresAtMs).toISOString(),
      limits: { contentChars: limits.contentChars, frameBytes: limits.frameBytes },
    });
  }

  async function authenticate(command: Extract<Command, { type: 'auth' }>): Promise<void> {
    authenticating = true;
    try {
      const next = await deps.authenticate(command.token);
      if (over) return;
      if (user && user.userId !== next.userId) {
        throw new AppError('FORBIDDEN', { detail: 'This socket belongs to another user; open a new one' });
      }
      welcome(next);
    } catch (error) {
      refuse(error, command);
      // By the code's own close: one whose token can't be checked at the moment must come back.
      if (!user) end(ERRORS[deps.toAppError(error).code].close, 'not authenticated');
    } finally {
      authenticating = false;
      const held = waiting;
      waiting = [];
      for (const next of held) if (!over) take(next.command, next.confirm);
    }
  }

  function take(command: Asked, confirm: boolean): void {
    if (authenticating) {
      if (waiting.length < WAITING_MAX) waiting.push({ command, confirm });
      else end(CLOSE.tooManyFrames, 'too many frames before authentication');
    } else if (command.type === 'auth') {
      void authenticate(command);
    } else if (user) {
      dispatch.command(session, user, command, confirm);
    } else {
      refuse(new AppError('UNAUTHENTICATED', { detail: 'The first frame must be auth' }), command);
      end(CLOSE.unauthenticated, 'the first frame must authenticate');
    }
  }

  function follow(step: Step): void {
    switch (step.kind) {
      case 'command':
        return take(step.command, step.confirm ?? false);
      case 'reply':
        return say(step.text);
      case 'refused':
        return emit(step.error);
      case 'bad':
        emit(step.error);
        if (++badFrames >= BAD_FRAMES_MAX) end(CLOSE.badFrame, 'too many frames that can not be read');
        return;
      case 'close':
        for (const text of step.texts ?? []) say(text);
        return end(step.code, step.reason);
      case 'watch':
        return dispatch.watch(session, step.on);
      case 'note':
        return log.note({ connectionId: socket.id, userId: user?.userId ?? null }, step.note, step.fields);
      case 'heartbeat':
        return;
    }
  }

  const inbound: Inbound = {
    frame(data) {
      if (over) return;
      heardAt = now();
      if (frames.take(heardAt) > 0) return end(CLOSE.tooManyFrames, 'too many frames');
      try {
        for (const [i, step] of codec.receive(data).entries()) {
          if (over) return;
          // One message may hold thousands of frames (STOMP): each counts.
          if (i > 0 && frames.take(heardAt) > 0) return end(CLOSE.tooManyFrames, 'too many frames');
          follow(step);
        }
      } catch (error) {
        log.failed({ connectionId: socket.id, userId: user?.userId ?? null }, error);
        end(CLOSE.internal, 'internal error');
      }
    },
    drained() {
      if (over || slowSince === null) return;
      slowSince = null;
      socket.pause(false);
      const rooms = [...behindRooms];
      behindRooms.clear();
      for (const [roomId, afterSeq] of rooms) {
        if (codec.resyncs) emit({ type: 'resync', roomId, afterSeq });
        else void dispatch.resume(session, roomId).catch((error) => refuse(error, { roomId }));
      }
    },
    closed(code, reason) {
      if (closed) return;
      closed = true;
      over = true;
      dispatch.closed(session);
      log.closed({ connectionId: socket.id, userId: user?.userId ?? null, code, reason, ...said });
      deps.over(session);
    },
  };

  /** The signs of life that the protocol promised, and those that the client did. */
  function beat(at: number): void {
    const promised = codec.heartbeat;
    if (!promised) return;
    // Early rather than late: the next look is a sweep away.
    if (promised.sendMs > 0 && at - sentAt >= promised.sendMs - BEAT_EARLY_MS) say(promised.text);
    if (promised.expectMs > 0 && at - heardAt > promised.expectMs * 3) {
      end(CLOSE.goingAway, 'no heart-beat came');
      socket.terminate();
    }
  }

  const session = {
    id: socket.id,
    inbound,
    listener,
    emit,
    refuse,
    /** What it speaks; may become known only with its first frame. */
    get protocol(): string {
      return codec.protocol;
    },
    get user(): User | null {
      return user;
    },
    get publicUser(): PublicUser | null {
      return user && publicUser(user);
    },
    get closed(): boolean {
      return over;
    },
    /** Bytes that the client has not taken yet. */
    get queuedBytes(): number {
      return socket.queuedBytes();
    },

    /** Deadlines; called a few times a second for all sessions, so that none needs timers of its own. */
    sweep(): void {
      if (over) return;
      const at = now();
      if (!user) {
        // Frames that never authenticate do not push this back.
        if (at - openedAt >= limits.firstFrameMs) end(CLOSE.silent, 'nothing said in time');
        return;
      }
      if (slowSince !== null && at - slowSince >= limits.sendTimeoutMs) {
        end(CLOSE.slowConsumer, 'too slow');
        return socket.terminate();
      }
      if (at >= user.expiresAtMs) {
        emit(errorEvent('TOKEN_EXPIRED', 'The token has expired; connect again with a new one'));
        return end(CLOSE.tokenExpired, 'token expired');
      }
      if (!toldExpiring && user.expiresAtMs - at <= EXPIRING_MS) {
        toldExpiring = true;
        emit({ type: 'token.expiring', expiresAt: new Date(user.expiresAtMs).toISOString() });
      }
      beat(at);
      dispatch.sweep(session, at);
    },

    /** Sends the client elsewhere: told to come back after `afterMs`, then closed. */
    drain(afterMs: number): void {
      emit({ type: 'reconnect', afterMs });
      end(CLOSE.draining, 'draining');
    },

    /** Ends the connection of a client that does not answer its close. */
    terminate: () => socket.terminate(),

    /** The upgrade's token speaks before any frame. */
    start(): void {
      if (!hello.user) return;
      if (opening.identityToken !== undefined) emit({ type: 'identity', token: opening.identityToken });
      welcome(hello.user);
      for (const command of opening.commands ?? []) take(command, false);
    },
  };
  return session;
}

export type Session = ReturnType<typeof createSession>;
