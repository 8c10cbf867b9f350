import type { Message } from '@gongu/shared';

/** A message as the service keeps it. */
export type StoredMessage = Message & {
  /** Its place in the room's count of CHAT and NOTIFICATION; never leaves the service. */
  readonly chatNo: number;
  /** What a client of `/room` called it; shown to the clients of that URL only. */
  readonly signalType?: string | undefined;
};
