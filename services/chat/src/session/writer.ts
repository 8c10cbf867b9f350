import { errorEvent } from '@gongu/shared';
import type { Listener } from '../hub/listener.ts';
import type { Codec } from '../protocol/codec.ts';
import type { ChatEvent } from '../room/event.ts';
import type { Socket } from '../transport/socket.ts';
import type { SessionOptions } from './session-options.ts';

/** Whose writer it is. */
export interface WriterOwner {
  readonly userId: string;
  /** Nothing more is said to it. */
  readonly over: boolean;
  end(code: number, reason: string): void;
  /** The room no longer concerns it. */
  leftRoom(roomId: string): void;
}

/**
 * What one client is told, by itself and by its rooms, and how much of it may wait. A class, as the session is: of each
 * there is one for every connection, and objects of closures and accessors are ten times as large.
 */
export class Writer implements Listener {
  /** Epoch milliseconds of the last thing said. */
  sentAt: number;
  /** Since when it does not read, epoch milliseconds; null while it does. */
  slowSince: number | null = null;
  readonly #owner: WriterOwner;
  readonly #options: Pick<SessionOptions, 'limits' | 'now'>;
  readonly #socket: Socket;
  readonly #codec: Codec;
  /** Rooms of which something was not queued, with the position from which on. */
  #behind: Map<string, number> | null = null;
  #key = '';
  #keyOf: string | null = null;

  constructor(owner: WriterOwner, options: Pick<SessionOptions, 'limits' | 'now'>, socket: Socket, codec: Codec) {
    this.#owner = owner;
    this.#options = options;
    this.#socket = socket;
    this.#codec = codec;
    this.sentAt = options.now();
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
    const frames = events.flatMap((event) => this.#codec.render(event).texts.map((text) => framing.frame(text)));
    return frames.length === 0 ? null : framing.join(frames);
  }

  write(bytes: Buffer): boolean {
    if (this.#socket.queuedBytes() > this.#options.limits.sendQueueBytes) return false;
    this.#socket.write(bytes);
    this.sentAt = this.#options.now();
    return true;
  }

  onBehind(roomId: string, afterSeq: number): void {
    this.#behind ??= new Map();
    this.#behind.set(roomId, afterSeq);
    this.#slow();
  }

  onEnded(roomId: string, why: 'left' | 'gone'): void {
    this.#owner.leftRoom(roomId);
    if (why === 'gone') this.emit(errorEvent('NOT_FOUND', 'The room was removed', { roomId }));
    const close = this.#codec.ended?.(roomId, why);
    if (close) this.#owner.end(close.code, close.reason);
  }

  emit(event: ChatEvent): void {
    if (this.#owner.over) return;
    const { texts, close } = this.#codec.render(event);
    for (const text of texts) this.say(text);
    if (close) this.#owner.end(close.code, close.reason);
    else if (this.slowSince === null && this.#socket.queuedBytes() > this.#options.limits.sendQueueBytes) this.#slow();
  }

  say(text: string): void {
    this.#socket.send(text);
    this.sentAt = this.#options.now();
  }

  /** It reads again: the rooms of which it missed something, with the positions from which on. Null: it was not slow. */
  caughtUp(): Iterable<[roomId: string, afterSeq: number]> | null {
    if (this.slowSince === null) return null;
    this.slowSince = null;
    this.#socket.pause(false);
    const rooms = this.#behind;
    this.#behind = null;
    return rooms ?? [];
  }

  #slow(): void {
    this.slowSince ??= this.#options.now();
    // It doesn't read, so it shan't ask for more.
    this.#socket.pause(true);
  }
}
