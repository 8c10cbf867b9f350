import type { History } from '../check/evidence.ts';
import type { ClientRecord } from './record.ts';

/** `away`: not in the room, and trying. `in`. `out`: refused for good, or no member any more. `over`: went by itself. */
export type Place = 'away' | 'in' | 'out' | 'over';

/** One client of one room, whatever it speaks. */
export interface Participant {
  readonly client: string;
  readonly userId: string;
  readonly protocol: string;
  readonly roomId: string;
  /** What it wrote down. */
  readonly record: ClientRecord;
  readonly place: Place;
  /** Why it is out. */
  readonly refusal: string | null;
  say(characters: number): void;
  /** Sets the client's own clock wrong by so much. */
  setClock(skewMs: number): void;
  /** Asks by HTTP what became of what nobody knows of; for who is out, or speaks a protocol without answers. */
  resolve(): Promise<void>;
  history(): History;
  leave(): void;
}

export interface ParticipantOptions {
  readonly client: string;
  readonly userId: string;
  readonly roomId: string;
  /** `http://127.0.0.1:…`, the client's own proxy. */
  readonly url: string;
  /** Asked before each connection. */
  readonly token: () => string;
  readonly secret: (text: string) => void;
  /** The same text, once in memory however many receive it. */
  readonly intern: (text: string) => string;
}
