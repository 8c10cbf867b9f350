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
  /** It is told no rows of change. */
  readonly hidesChanges: boolean;
  /** @param mentions `userId`s; a protocol that hides changes does not tell them */
  say(characters: number, mentions?: readonly string[]): void;
  /** Sets the client's own clock wrong by so much. */
  setClock(skewMs: number): void;
  /**
   * Asks by HTTP what became of what nobody knows of; for who is out, or speaks a protocol without answers. Some of it
   * may be to be asked again: while there is something pending.
   */
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

/** What changes of a participant; whoever runs it writes here. */
export interface Standing {
  place: Place;
  refusal: string | null;
  /** How wrong its own clock is. */
  skewMs: number;
}

interface DescriptionOptions extends Pick<ParticipantOptions, 'client' | 'userId' | 'roomId'> {
  readonly protocol: string;
  readonly record: ClientRecord;
  readonly standing: Standing;
  /** @default false */
  readonly hidesChanges?: boolean;
  /** What it shows, where it knows. */
  readonly shown?: () => History['shown'];
}

/** The part of a participant that is the same whatever it speaks: what it tells of itself. */
export function describeParticipant(options: DescriptionOptions) {
  const { client, userId, roomId, protocol, record, standing, hidesChanges = false, shown } = options;
  return {
    client,
    userId,
    roomId,
    record,
    protocol,
    hidesChanges,
    get place(): Place {
      return standing.place;
    },
    get refusal(): string | null {
      return standing.refusal;
    },
    setClock(skewMs: number): void {
      standing.skewMs = skewMs;
    },
    history: (): History => ({
      client,
      userId,
      roomId,
      protocol,
      entries: record.entries,
      hidesChanges,
      ...(shown ? { shown: shown() } : {}),
      end: standing.place === 'in' || standing.place === 'away' ? record.end : 'gone',
    }),
  };
}
