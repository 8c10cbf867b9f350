/** Own beats on their way that are remembered: 30 s of them. */
const REMEMBERED = 100;

/** How long own beats take from being published to being heard, for metrics. */
export function createEcho(now: () => number) {
  const sentAt = new Map<string, number>();
  let last = 0;

  return {
    sent(beat: string): void {
      sentAt.set(beat, now());
      if (sentAt.size > REMEMBERED) sentAt.delete(sentAt.keys().next().value!);
    },
    heard(beat: string): void {
      const at = sentAt.get(beat);
      if (at === undefined) return;
      last = now() - at;
      // Those before it were lost: they will not come later.
      for (const [text] of sentAt) {
        sentAt.delete(text);
        if (text === beat) return;
      }
    },
    /** That of the last beat which came back, or the age of the oldest that did not, where that is longer. */
    lagMs(): number {
      const [oldest] = sentAt.values();
      return oldest === undefined ? last : Math.max(last, now() - oldest);
    },
  };
}
