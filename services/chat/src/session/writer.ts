import { CLOSE, errorEvent, type UnwatchReason } from '@gongu/shared';
import type { Listener } from '../hub/listener.ts';
import type { Answer, Codec, FrameRoom, Rendered } from '../protocol/codec.ts';
import type { ChatEvent } from '../room/event.ts';
import type { StoredMessage } from '../room/ports/stored-message.ts';
import type { Socket } from '../transport/socket.ts';
import type { SessionOptions } from './session-options.ts';

/** Whose writer it is. */
export interface WriterOwner {
  readonly userId: string;
  /** Nothing more is said to it. */
  readonly over: boolean;
  end(code: number, reason: string): void;
  /** Ends it at once: it would take a close frame no sooner than all the rest. */
  cutOff(): void;
  /** The room no longer concerns it. */
  leftRoom(roomId: string): void;
  /** It looked at the room, and is a member's now. */
  enteredRoom(roomId: string): void;
}

/**
 * Bytes at which a client that does not read is cut off, however small its queue is. Only one answer comes on top of a
 * full queue, 512 KiB or a portion; but what a busy room tells at once goes to each of a client's subscriptions to it.
 */
const LEAST_CEILING_BYTES = 16 * 1024 * 1024;

/**
 * What one client is told, by itself and by its rooms, and how much of it may wait. A class, as the session is: of each
 * there is one for every connection, and objects of closures and accessors are ten times as large.
 */
export class Writer implements Listener {
  /** Of the last thing said, by the clock of durations. */
  sentAt: number;
  /** Since when it does not read, by the same clock; null while it does. */
  slowSince: number | null = null;
  readonly #owner: WriterOwner;
  readonly #options: Pick<SessionOptions, 'limits' | 'monotonic' | 'log'>;
  readonly #socket: Socket;
  readonly #codec: Codec;
  /** Rooms of which something was not queued, with the position from which on. */
  #behind: Map<string, number> | null = null;
  #key = '';
  #keyOf: string | null = null;

  constructor(
    owner: WriterOwner,
    options: Pick<SessionOptions, 'limits' | 'monotonic' | 'log'>,
    socket: Socket,
    codec: Codec,
  ) {
    this.#owner = owner;
    this.#options = options;
    this.#socket = socket;
    this.#codec = codec;
    this.sentAt = options.monotonic();
  }

  get userId(): string {
    return this.#owner.userId;
  }

  key(roomId: string): string {
    const own = this.#codec.renderKey(roomId);
    if (own !== this.#keyOf) {
      this.#keyOf = own;
      this.#key = `${this.#socket.framing.key}/${this.#codec.protocol}/${own}`;
    }
    return this.#key;
  }

  encode(events: readonly ChatEvent[]): Buffer | null {
    const { framing } = this.#socket;
    const frames = events.flatMap((event) => this.#rendered(event)?.texts.map((text) => framing.frame(text)) ?? []);
    return frames.length === 0 ? null : framing.join(frames);
  }

  write(bytes: Buffer): boolean {
    if (this.#socket.queuedBytes() > this.#options.limits.sendQueueBytes) return false;
    // One message for a thousand subscriptions of one socket.
    if (bytes.length > this.#ceilingBytes) this.#owner.cutOff();
    this.#socket.write(bytes);
    this.sentAt = this.#options.monotonic();
    return true;
  }

  onBehind(roomId: string, afterSeq: number): void {
    this.#behind ??= new Map();
    this.#behind.set(roomId, afterSeq);
    this.#slow();
  }

  onEnded(roomId: string, why: 'left' | 'left unseen' | 'gone'): void {
    // There is nothing to ask for again.
    this.#behind?.delete(roomId);
    this.#owner.leftRoom(roomId);
    if (why === 'gone') this.emit(errorEvent('NOT_FOUND', 'The room was removed', { roomId }));
    if (why === 'left unseen' && this.#codec.resyncs) {
      this.emit(errorEvent('NOT_A_MEMBER', 'No longer a member of the room', { roomId }));
    }
    this.#close(roomId, why === 'gone' ? 'gone' : 'left');
  }

  onEntered(roomId: string): void {
    this.#owner.enteredRoom(roomId);
  }

  onUnwatched(roomId: string, reason: UnwatchReason): void {
    this.#behind?.delete(roomId);
    this.#owner.leftRoom(roomId);
    this.emit({ type: 'unwatched', roomId, reason });
    this.#close(roomId, reason === 'ROOM_GONE' ? 'gone' : 'unwatched');
  }

  emit(event: ChatEvent): void {
    if (this.#owner.over) return;
    const rendered = this.#rendered(event) ?? this.#withoutUnsayable(event);
    if (rendered === null) return this.#apologise(event);
    const { texts, close } = rendered;
    for (const text of texts) this.say(text);
    if (close) this.#owner.end(close.code, close.reason);
    else this.takesMore();
  }

  /** As much of an answer as has room in a frame of `maxBytes`, where this protocol puts many messages into one. */
  cut<A extends Answer>(answer: A, maxBytes: number, keep: FrameRoom['keep']): A {
    const bytesOf = this.#socket.framing.bytes;
    try {
      return this.#codec.cut?.(answer, { maxBytes, bytesOf, keep }) ?? answer;
    } catch {
      // What can't be said is left out, and noted, where it is said.
      return answer;
    }
  }

  say(text: string): void {
    this.#socket.send(text);
    this.sentAt = this.#options.monotonic();
    if (this.#socket.queuedBytes() > this.#ceilingBytes) this.#owner.cutOff();
  }

  /** Whether its queue has room. If not, it counts as one who does not read: `caughtUp` is to be called when it does. */
  takesMore(): boolean {
    if (this.slowSince !== null) return false;
    if (this.#socket.queuedBytes() <= this.#options.limits.sendQueueBytes) return true;
    this.#slow();
    return false;
  }

  /** It reads again: the rooms of which it missed something, with the positions from which on. */
  caughtUp(): Iterable<[roomId: string, afterSeq: number]> {
    this.slowSince = null;
    this.#socket.pause(false);
    const rooms = this.#behind;
    this.#behind = null;
    return rooms ?? [];
  }

  /** Null: the codec failed. That is no reason for anything else to fail, neither other clients nor the process. */
  #rendered(event: ChatEvent): Rendered | null {
    try {
      return this.#codec.render(event);
    } catch (error) {
      const roomId =
        'roomId' in event ? (event.roomId ?? null) : event.type === 'message' ? event.message.roomId : null;
      const seq = event.type === 'message' ? event.message.seq : null;
      this.#options.log.unsayable({ protocol: this.#codec.protocol, type: event.type, roomId, seq }, error);
      return null;
    }
  }

  /** An answer with messages, without those that can't be said. Null: it is none, or that was not the reason. */
  #withoutUnsayable(event: ChatEvent): Rendered | null {
    if (event.type !== 'joined' && event.type !== 'page') return null;
    const sayable = <M>(message: M) => this.#rendered({ type: 'message', message: message as StoredMessage }) !== null;
    return this.#rendered(
      event.type === 'joined'
        ? { ...event, messages: event.messages.filter(sayable) }
        : { ...event, messages: event.messages.filter(sayable) },
    );
  }

  #apologise(event: ChatEvent): void {
    if (event.type === 'error') return this.#owner.end(CLOSE.internal, 'internal error');
    const { ref, roomId } = event as { ref?: string; roomId?: string };
    this.emit(errorEvent('INTERNAL', 'The answer can not be told', { ref, roomId }));
  }

  /** The end of one whose URL names the room that no longer concerns it. */
  #close(roomId: string, why: 'left' | 'gone' | 'unwatched'): void {
    const close = this.#codec.ended?.(roomId, why);
    if (close) this.#owner.end(close.code, close.reason);
  }

  get #ceilingBytes(): number {
    return Math.max(this.#options.limits.sendQueueBytes * 8, LEAST_CEILING_BYTES);
  }

  #slow(): void {
    this.slowSince ??= this.#options.monotonic();
    // It doesn't read, so it shan't ask for more.
    this.#socket.pause(true);
  }
}
