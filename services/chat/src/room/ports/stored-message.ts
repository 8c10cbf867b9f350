import type { Message } from '@gongu/shared';

/** A message as the service keeps it. What it has beside the message's own fields goes over no wire: see `wireMessage`. */
export type StoredMessage = Message & {
  /** Its place in the room's count of CHAT and NOTIFICATION. */
  readonly chatNo: number;
  /** What a client of `/room` called it; shown to the clients of that URL only. */
  readonly signalType?: string | undefined;
};
