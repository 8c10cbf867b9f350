/** Texts that stand sealed, and the keys that keys of rooms are sealed by. */
export interface ContentStore {
  /**
   * Seals some of what stands clear: messages of a room, or files, or reports. Several at once do each portion once, or twice alike.
   * Rooms whose key can not be opened are left out, for ten minutes each.
   * @throws AppError UNAVAILABLE, UNKNOWN_OUTCOME
   */
  sealPortion(): Promise<SealedPortion>;
  /** What stands clear: rooms, and as many messages as there may be in them. */
  clear(): Promise<ClearTexts>;
  /** Which keys are in use, by the number of rooms whose key each seals; most first. */
  keys(): Promise<readonly KeyInUse[]>;
  /** Which of them, but for lost ones, can not open what they have sealed: a few rooms are tried of each. */
  unopened(): Promise<readonly UnopenedKey[]>;
  /**
   * Notes the keys that are here; an id that has been seen stands for that key for ever, whether it has sealed anything or not.
   * Returns the ids of those that are others.
   * @throws AppError UNAVAILABLE, UNKNOWN_OUTCOME
   */
  noteKeys(): Promise<readonly string[]>;
  /** Ids that stand for another key than the one that is here, and those that no instance has started with yet. */
  strangers(): Promise<{ readonly others: readonly string[]; readonly unseen: readonly string[] }>;
  /**
   * Seals keys of rooms by the first key, which another one has sealed: at most `limit`, after a number. With a row of audit, in
   * one transaction: whoever is killed has left a row of each portion that he did.
   * @throws AppError UNAVAILABLE, UNKNOWN_OUTCOME
   */
  rotatePortion(after: number, limit: number, how?: Rotation): Promise<RotatedPortion>;
  /** Keys of rooms that were removed, by whichever instance, leave this one's memory. */
  forgetGoneKeys(): Promise<void>;
}

export interface Rotation {
  /** For the audit. Default null: the service. */
  readonly byUserId?: string | null;
  /** Says how many it would be, and changes nothing. Default false. */
  readonly isDry?: boolean;
}

/** Why a key of a room can not be opened: nobody has its content key any more, it is not here, or it is another one (or the row was altered). */
export type WhyUnopened = 'lost' | 'unknown' | 'wrong';

export interface SealedPortion {
  /** Messages, files and reports that were looked at. */
  readonly rows: number;
  readonly isDone: boolean;
}

export interface ClearTexts {
  readonly rooms: number;
  readonly messages: number;
}

export interface KeyInUse {
  readonly keyId: string;
  readonly rooms: number;
  /** It is the one that seals. */
  readonly isFirst: boolean;
  /** Whether it is there: 'lost' is what is said of it, 'wrong' is another one by its id. */
  readonly state: 'here' | WhyUnopened;
}

export interface UnopenedKey {
  readonly keyId: string;
  readonly why: Exclude<WhyUnopened, 'lost'>;
  readonly rooms: number;
  /** A few of them. */
  readonly roomIds: readonly string[];
}

export interface RotatedPortion {
  /** Sealed by the first key now. */
  readonly rotated: number;
  /** Could not be opened, and are what they were. */
  readonly unopened: readonly { readonly roomId: string; readonly keyId: string; readonly why: WhyUnopened }[];
  /** The last one's number; null: there are no more. */
  readonly last: number | null;
}
