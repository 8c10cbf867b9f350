/**
 * What an instance says of itself on the beat channel: `1<instance>\n<tick>\n<lost>`, or `1<instance>\nbye`. More lines
 * may follow in later versions.
 */
export type Beat =
  | {
      readonly instanceId: string;
      /** Counts the sender's beats. */
      readonly tick: number;
      /** Counts the signals that the sender could not hand to Redis: when it changes, look into the store. */
      readonly lost: number;
    }
  | { readonly instanceId: string; readonly bye: true };

export function encodeBeat(beat: Beat): string {
  return 'bye' in beat ? `1${beat.instanceId}\nbye` : `1${beat.instanceId}\n${beat.tick}\n${beat.lost}`;
}

/** Null for what is no beat, or one of an unknown version. */
export function decodeBeat(text: string): Beat | null {
  const match = /^1([^\n]{1,64})\n(?:(bye)|(\d{1,15})\n(\d{1,15}))(?:\n|$)/.exec(text);
  if (!match) return null;
  const instanceId = match[1]!;
  return match[2] ? { instanceId, bye: true } : { instanceId, tick: Number(match[3]), lost: Number(match[4]) };
}
