import type { Erasure } from '@gongu/shared';
import type { StoredMessage } from './stored-message.ts';

/** What an erasure did of late: how far it is, and rows of one room that tell of it, ascending. */
export interface ErasedPortion {
  readonly erasure: Erasure;
  readonly messages: readonly StoredMessage[];
}

/** What chat knows of a person, and how it forgets him. */
export interface PersonStore {
  /** Record by record; each has its kind as `record`. @throws AppError UNAVAILABLE */
  export(userId: string): AsyncIterable<object>;
  /** A row of audit of an export. @throws AppError UNAVAILABLE, UNKNOWN_OUTCOME */
  noteExport(userId: string, byUserId: string | null): Promise<void>;
  /** Begins to erase, or says how far that is; his tokens are refused from then on. @throws AppError CONFLICT (he is held) */
  erase(userId: string, byUserId: string | null): Promise<Erasure>;
  /** Null: there is no such erasure. */
  erasure(id: string): Promise<Erasure | null>;
  /** What an erasure would be about, by its kind. @throws AppError CONFLICT as `erase` */
  preview(userId: string): Promise<Readonly<Record<string, number>>>;
  /** One portion of the oldest erasure that can go on; null: there is none. @throws AppError UNAVAILABLE, UNKNOWN_OUTCOME */
  erasePortion(): Promise<ErasedPortion | null>;
  /** Reads a portion of rows of before for whom they name; whether there may be more. @throws AppError UNAVAILABLE, UNKNOWN_OUTCOME */
  fillAuthors(): Promise<boolean>;
}
