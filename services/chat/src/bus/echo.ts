/** Own heartbeats on their way that are remembered: 30 s of them. */
const REMEMBERED = 100;

/** How long own heartbeats take from being published to being heard, for metrics. */
export function createEcho(now: () => number) {
  const sentAt = new Map<string, number>();
  let last = 0;

  return {
    sent(heartbeat: string): void {
      sentAt.set(heartbeat, now());
      if (sentAt.size > REMEMBERED) sentAt.delete(sentAt.keys().next().value!);
    },
    heard(heartbeat: string): void {
      const at = sentAt.get(heartbeat);
      if (at === undefined) return;
      last = now() - at;
      // Those before it were lost: they will not come later.
      for (const [text] of sentAt) {
        sentAt.delete(text);
        if (text === heartbeat) return;
      }
    },
    /** That of the last heartbeat which came back, or the age of the oldest that did not, where that is longer. */
    lagMs(): number {
      const [oldest] = sentAt.values();
      return oldest === undefined ? last : Math.max(last, now() - oldest);
    },
  };
}
