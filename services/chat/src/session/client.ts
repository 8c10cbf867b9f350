import type { User } from '@gongu/shared';
import type { Listener } from '../hub/listener.ts';
import type { Answer, FrameRoom } from '../protocol/codec.ts';
import type { ChatEvent } from '../room/event.ts';
import type { ClientRooms } from './client-rooms.ts';

/** As much of a session as commands and the parts that serve many sessions see. */
export interface Client {
  /** `connectionId` on the wire. */
  readonly id: string;
  /** Null before the client has said who it is. */
  readonly user: User | null;
  /** What a client without an account is counted by; null where its address may be everybody's. */
  readonly address: string | null;
  /** Where it connects from, as far as that is known. */
  readonly from: string;
  /** Nothing more is said to it: what is begun for it now, nobody would end. */
  readonly over: boolean;
  /** Its protocol lets it ask for what it missed; others are told it by themselves. */
  readonly asksAgain: boolean;
  readonly rooms: ClientRooms;
  /** What rooms write to. */
  readonly listener: Listener;
  emit(event: ChatEvent): void;
  /** As much of an answer as has room in a frame of `maxBytes`, where the client's protocol puts many messages into one. */
  cut<A extends Answer>(answer: A, maxBytes: number, keep: FrameRoom['keep']): A;
  /** Tells what the listener has not been sent of a room it is behind in, as fast as the client takes it. Never rejects. */
  resume(roomId: string): Promise<void>;
  /** For answers that may be large: begins `task` when none other is being made, and the client reads what it is told. */
  inTurn(task: () => Promise<void>): Promise<void>;
  /** Answers with an error. */
  refuse(error: unknown, command?: { ref?: string | undefined; roomId?: string }): void;
}
