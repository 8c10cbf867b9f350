import type { SubscribedRoom, Subscription } from './subscriptions.ts';

/** One SUBSCRIBE that waits for its room to be joined. */
export interface Waiting {
  readonly subscription: Subscription;
  readonly receipt: string | null;
}

/** A join on its way, and who waits for it. */
export interface PendingJoin {
  readonly kind: 'join';
  readonly room: SubscribedRoom;
  readonly waiting: Waiting[];
  /** The subscription that recovers: it gets the messages of the answer. */
  readonly recovers: Subscription | null;
}

/** What a command's answer means to the frame that asked. */
export type Pending = PendingJoin | { readonly kind: 'done'; readonly receipt: string | null };

/** Commands on their way, by the `ref` that their answer will carry. */
export function createAnswers() {
  const pending = new Map<string, Pending>();
  let refs = 0;
  let frames = 0;

  return {
    /** Frames without an answer yet. */
    get size(): number {
      return frames;
    },
    nextRef(): string {
      refs += 1;
      return `s${refs}`;
    },
    expect(ref: string, entry: Pending): void {
      pending.set(ref, entry);
      frames += entry.kind === 'join' ? entry.waiting.length : 1;
    },
    /** Lets one more SUBSCRIBE wait for a join of its room that is on its way; false when there is none. */
    share(room: SubscribedRoom, waiting: Waiting): boolean {
      for (const entry of pending.values()) {
        if (entry.kind !== 'join' || entry.room !== room) continue;
        entry.waiting.push(waiting);
        frames += 1;
        return true;
      }
      return false;
    },
    /** What `ref` stands for. */
    find: (ref: string | undefined): Pending | undefined => (ref === undefined ? undefined : pending.get(ref)),
    /** The same, once. */
    take(ref: string | undefined): Pending | undefined {
      const entry = ref === undefined ? undefined : pending.get(ref);
      if (!entry) return undefined;
      pending.delete(ref!);
      frames -= entry.kind === 'join' ? entry.waiting.length : 1;
      return entry;
    },
  };
}

export type Answers = ReturnType<typeof createAnswers>;
