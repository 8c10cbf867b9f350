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
  /**
   * Seals keys of rooms by the first key, which another one has sealed: at most `limit`, after a number.
   * @throws AppError UNAVAILABLE, UNKNOWN_OUTCOME
   */
  rotatePortion(after: number, limit: number): Promise<RotatedPortion>;
  /** Keys of rooms that were removed, by whichever instance, leave this one's memory. */
  forgetGoneKeys(): Promise<void>;
  /** A row of audit of what was rotated. `byUserId` null: the service. */
  noteRotation(
    detail: { readonly to: string; readonly keys: number; readonly unopened: number },
    byUserId: string | null,
  ): Promise<void>;
}

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
  /** Whether it is there: 'lost' is what is said of it. */
  readonly state: 'here' | 'lost' | 'unknown';
}

export interface UnopenedKey {
  readonly keyId: string;
  readonly why: 'unknown' | 'wrong';
  readonly rooms: number;
  /** A few of them. */
  readonly roomIds: readonly string[];
}

export interface RotatedPortion {
  /** Sealed by the first key now. */
  readonly rotated: number;
  /** Could not be opened, and are what they were. */
  readonly unopened: number;
  /** The last one's number; null: there are no more. */
  readonly last: number | null;
}
