// Over 300 lines: one client's life, in one place; what stands by itself is in inbox.ts, writer.ts and turns.ts.
import { AppError, CLOSE, type Command, ERRORS, errorEvent, publicUser, type User } from '@gongu/shared';
import { ALL_ROOMS } from '../hub/overview/viewer.ts';
import type { Answer, Asked, Codec, FrameRoom, Protocol, Step } from '../protocol/codec.ts';
import type { ChatEvent } from '../room/event.ts';
import type { Inbound, Socket } from '../transport/socket.ts';
import { beginCommand } from './begin-command.ts';
import type { Client } from './client.ts';
import { ClientRooms } from './client-rooms.ts';
import { Inbox, type InboxOwner } from './inbox.ts';
import type { SessionOpening, SessionOptions } from './session-options.ts';
import type { OpenSession } from './sessions.ts';
import { Turns, type TurnsOwner } from './turns.ts';
import { Writer, type WriterOwner } from './writer.ts';

/** Frames that can't be read before the socket is closed. */
const BAD_FRAMES_MAX = 3;
/** Frames that wait while the first one is being authenticated. */
const WAITING_MAX = 100;
/** Milliseconds before a promised sign of life is due at which it is sent: two looks at the deadlines. */
const HEARTBEAT_EARLY_MS = 500;
const MUST_AUTHENTICATE = 'The first frame must be auth, with a token';
/** Milliseconds before its end at which a token's client is told, at most. */
const EXPIRING_MS = 30_000;

/**
 * One client's life, whatever carries it: who he is, what he asks, what he is told. Everything inbound is caught here:
 * a frame ends in an answer, an error event or a close, never in a throw.
 */
export class Session implements Inbound, Client, OpenSession, WriterOwner, InboxOwner, TurnsOwner {
  readonly listener: Writer;
  readonly #options: SessionOptions;
  readonly #socket: Socket;
  readonly #codec: Codec;
  readonly #inbox: Inbox;
  readonly #openedAt: number;
  #user: User | null = null;
  #rooms: ClientRooms | null = null;
  #turns: Turns | null = null;
  /** The close has been said, or has come: nothing more is taken from the client. */
  #over = false;
  #gone = false;
  /** What was said to the client; what comes back of it is the network's. */
  #said: { code: number; reason: string } | null = null;
  #badFrames = 0;
  #address: { readonly key: string | null } | null = null;
  /** While a token is looked at: commands that wait for it. */
  #waiting: Extract<Step, { kind: 'command' }>[] | null = null;
  /** The latest end of a token that the client was told of: one that ends no later is not told again. */
  #toldEndMs = 0;
  /** Milliseconds before its end at which the present token's client is told. */
  #tellMs = EXPIRING_MS;
  /** Of the client's last sign of life, by the clock of durations. */
  #heardAt: number;

  constructor(options: SessionOptions, socket: Socket, codec: Codec) {
    this.#options = options;
    this.#socket = socket;
    this.#codec = codec;
    this.#openedAt = options.monotonic();
    this.#heardAt = this.#openedAt;
    this.#inbox = new Inbox(this, codec, options.limits, options.newFrameBudget(this.#openedAt));
    this.listener = new Writer(this, options, socket, codec);
  }

  get id(): string {
    return this.#socket.id;
  }

  get address(): string | null {
    // Not at once: most clients only listen, and when all come back together each look counts.
    this.#address ??= { key: this.#options.addressKey(this.#socket.peer) };
    return this.#address.key;
  }

  get from(): string {
    return this.#socket.peer.address;
  }

  get protocol(): Protocol {
    return this.#codec.protocol;
  }

  get user(): User | null {
    return this.#user;
  }

  get userId(): string {
    return this.#user?.userId ?? '';
  }

  get visited(): Iterable<string> {
    return this.#user?.anon ? (this.#rooms?.joined ?? []) : [];
  }

  get over(): boolean {
    return this.#over;
  }

  get asksAgain(): boolean {
    return this.#codec.resyncs;
  }

  /** Made when first used: some clients only listen to what is no room. */
  get rooms(): ClientRooms {
    this.#rooms ??= new ClientRooms();
    return this.#rooms;
  }

  get queuedBytes(): number {
    return this.#socket.queuedBytes();
  }

  /** `user`: the one that the upgrade named, who speaks before any frame. */
  start(user: User | null, { identityToken, commands = [] }: SessionOpening = {}): void {
    if (!user) return;
    if (identityToken !== undefined) this.emit({ type: 'identity', token: identityToken });
    this.#welcome(user);
    for (const command of commands) this.#take(command, false);
  }

  emit(event: ChatEvent): void {
    this.listener.emit(event);
  }

  inTurn(task: () => Promise<void>): Promise<void> {
    this.#turns ??= new Turns(this);
    return this.#turns.run(task);
  }

  /** One that is over is told nothing: what waits for it must come to its end. */
  get mayBegin(): boolean {
    return this.#over || this.takesMore();
  }

  takesMore(): boolean {
    return this.listener.takesMore();
  }

  refuse(error: unknown, command: { ref?: string | undefined; roomId?: string } = {}): void {
    const { code, detail, retryAfterMs, errors } = this.#options.toAppError(error);
    if (code === 'INTERNAL') this.#options.log.failed(this.#fields(), error);
    else this.#options.log.refused({ ...this.#fields(), code });
    this.emit(errorEvent(code, detail, { ref: command.ref, roomId: command.roomId, retryAfterMs, errors }));
  }

  end(code: number, reason: string): void {
    if (this.#over) return;
    this.#over = true;
    this.#said = { code, reason };
    this.#socket.close(code, reason);
    // Now, and not when the client has answered the close: it may take its time, or go on talking.
    this.#options.leaving.all(this);
    this.#turns?.next();
  }

  cutOff(): void {
    this.end(CLOSE.slowConsumer, 'too slow');
    this.terminate();
  }

  failed(error: unknown): void {
    this.#options.log.failed(this.#fields(), error);
    this.end(CLOSE.internal, 'internal error');
  }

  leftRoom(roomId: string): void {
    this.#options.leaving.room(this, roomId);
  }

  enteredRoom(roomId: string): void {
    void this.#options.promote(this, roomId);
  }

  frame(data: string | Uint8Array): void {
    if (this.#over) return;
    this.#heardAt = this.#options.monotonic();
    this.#inbox.receive(data, this.#heardAt);
  }

  drained(): void {
    const { slowSince } = this.listener;
    if (this.#over || slowSince === null) return;
    // Nothing was taken from it meanwhile: it was not silent.
    this.#heardAt = this.#options.monotonic();
    for (const [roomId, afterSeq] of this.listener.caughtUp()) {
      if (this.#codec.resyncs) this.emit({ type: 'resync', roomId, afterSeq });
      else if (roomId === ALL_ROOMS) this.#options.overview.retell(this.listener);
      else void this.resume(roomId);
    }
    this.#turns?.next();
    this.#inbox.goOn(this.#heardAt, this.#heardAt - slowSince);
  }

  async resume(roomId: string): Promise<void> {
    const { hub } = this.#options;
    try {
      for (let more = true; more; ) {
        await this.inTurn(async () => {
          more = await hub.resume(roomId, this.listener);
        });
      }
    } catch (error) {
      const afterSeq = hub.behindAt(roomId, this.listener);
      if (afterSeq === null || this.#over) return;
      // It would hear nothing of the room any more: it has to ask again, or to come back.
      this.refuse(error, { roomId });
      if (this.#codec.resyncs) this.emit({ type: 'resync', roomId, afterSeq });
      else this.end(CLOSE.restart, 'the room can not be read');
    }
  }

  cut<A extends Answer>(answer: A, maxBytes: number, keep: FrameRoom['keep']): A {
    return this.listener.cut(answer, maxBytes, keep);
  }

  closed(code: number, reason: string): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#over = true;
    this.#options.leaving.all(this);
    this.#turns?.next();
    this.#options.log.closed({ ...this.#fields(), code, reason, ...this.#said });
    this.#options.onOver(this);
  }

  sweep(): void {
    if (this.#over) return;
    const { limits, now, monotonic } = this.#options;
    const at = monotonic();
    const user = this.#user;
    // What is not taken from one that does not read may hold the frame's end.
    const unended = this.listener.slowSince === null ? this.#codec.unended?.(at - this.#heardAt) : undefined;
    if (unended) return this.follow(unended);
    if (!user) {
      // Frames that never authenticate do not push this back.
      if (at - this.#openedAt >= limits.firstFrameMs) this.end(CLOSE.silent, 'nothing said in time');
      return;
    }
    const { slowSince } = this.listener;
    if (slowSince !== null && at - slowSince >= limits.sendTimeoutMs) return this.cutOff();
    const refusal = this.#options.refusalOf(user);
    if (refusal) {
      this.refuse(refusal);
      return this.end(ERRORS[refusal.code].close, refusal.detail);
    }
    const leftMs = user.expiresAtMs - now();
    if (leftMs <= 0) {
      this.emit(errorEvent('TOKEN_EXPIRED', 'The token has expired; connect again with a new one'));
      return this.end(CLOSE.tokenExpired, 'token expired');
    }
    if (user.expiresAtMs > this.#toldEndMs && leftMs <= this.#tellMs) {
      this.#toldEndMs = user.expiresAtMs;
      this.emit({ type: 'token.expiring', expiresAt: new Date(user.expiresAtMs).toISOString() });
    }
    this.#heartbeat(at);
  }

  drain(afterMs: number): void {
    this.emit({ type: 'reconnect', afterMs });
    this.end(CLOSE.draining, 'draining');
  }

  terminate(): void {
    this.#socket.terminate();
  }

  #fields(): { connectionId: string; userId: string | null } {
    return { connectionId: this.#socket.id, userId: this.#user?.userId ?? null };
  }

  #welcome(user: User): void {
    const { limits, log, now } = this.#options;
    this.#user = user;
    // A token that takes another's place (a stream is opened anew for that) is told of in its last third: told at once,
    // tokens that live shorter than that would be renewed over and over.
    const isNext = this.#toldEndMs > 0 || this.protocol === 'sse';
    if (isNext) this.#tellMs = Math.min(EXPIRING_MS, (user.expiresAtMs - now()) / 3);
    log.authenticated({ connectionId: this.id, userId: user.userId, protocol: this.protocol });
    this.emit({
      type: 'ready',
      connectionId: this.id,
      user: publicUser(user),
      serverTime: new Date(now()).toISOString(),
      heartbeatMs: limits.heartbeatMs,
      tokenExpiresAt: new Date(user.expiresAtMs).toISOString(),
      limits: {
        contentChars: limits.contentChars,
        frameBytes: limits.frameBytes,
        ...(limits.editWindowS === undefined ? {} : { editWindowS: limits.editWindowS }),
      },
    });
  }

  async #authenticate(command: Extract<Command, { type: 'auth' }>): Promise<void> {
    this.#waiting = [];
    try {
      const next = await this.#options.authenticate(command.token);
      if (this.#over) return;
      if (this.#user && this.#user.userId !== next.userId) {
        throw new AppError('FORBIDDEN', { detail: 'This socket belongs to another user; open a new one' });
      }
      this.#welcome(next);
    } catch (error) {
      this.refuse(error, command);
      // By the code's own close: one whose token can't be checked at the moment must come back.
      if (!this.#user) this.end(ERRORS[this.#options.toAppError(error).code].close, 'not authenticated');
    } finally {
      const held = this.#waiting;
      this.#waiting = null;
      if (held.length > 0) {
        this.#inbox.putBack(held.values(), held.length);
        this.#inbox.goOn(this.#options.monotonic());
      }
    }
  }

  #take(command: Asked, confirm: boolean): void {
    if (this.#waiting) {
      if (this.#waiting.length < WAITING_MAX) this.#waiting.push({ kind: 'command', command, confirm });
      else this.end(CLOSE.tooManyFrames, 'too many frames before authentication');
    } else if (command.type === 'auth') {
      void this.#authenticate(command);
    } else if (this.#user) {
      beginCommand(this.#options.commands, this, this.#user, command, confirm);
    } else {
      this.refuse(new AppError('UNAUTHENTICATED', { detail: MUST_AUTHENTICATE }), command);
      this.end(CLOSE.unauthenticated, 'the first frame must authenticate');
    }
  }

  follow(step: Step): void {
    switch (step.kind) {
      case 'command':
        return this.#take(step.command, step.confirm ?? false);
      case 'reply':
        return this.listener.say(step.text);
      case 'refused':
        if (this.#user || this.#waiting || step.error.code === 'UNKNOWN_TYPE') return this.emit(step.error);
        this.emit({ ...step.error, code: 'UNAUTHENTICATED', message: MUST_AUTHENTICATE });
        return this.end(CLOSE.unauthenticated, 'the first frame must authenticate');
      case 'bad':
        this.emit(step.error);
        if (++this.#badFrames >= BAD_FRAMES_MAX) this.end(CLOSE.badFrame, 'too many frames that can not be read');
        return;
      case 'close':
        for (const text of step.texts ?? []) this.listener.say(text);
        return this.end(step.code, step.reason);
      case 'watch':
        return this.#options.connections.watch(this, step.on);
      case 'note':
        return this.#options.log.note(this.#fields(), step.note, step.fields);
      case 'heartbeat':
        return;
    }
  }

  /** The signs of life that the protocol promised, and those that the client did. */
  #heartbeat(at: number): void {
    const promised = this.#codec.heartbeat;
    // Of one that does not read, nothing is taken either; SEND_TIMEOUT_MS is for it.
    if (!promised || this.listener.slowSince !== null) return;
    // Early rather than late: the next look is a sweep away.
    if (promised.sendMs > 0 && at - this.listener.sentAt >= promised.sendMs - HEARTBEAT_EARLY_MS) {
      this.listener.say(promised.text);
    }
    if (promised.expectMs > 0 && at - this.#heardAt > promised.expectMs * 3) {
      this.end(CLOSE.goingAway, 'no heart-beat came');
      this.terminate();
    }
  }
}
