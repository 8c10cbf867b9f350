/**
 * What an instance says of itself on the heartbeat channel: `1<instance>\n<tick>\n<lost>`, or `1<instance>\nbye`. More lines
 * may follow in later versions.
 */
export type Heartbeat =
  | {
      readonly instanceId: string;
      /** Counts the sender's heartbeats. */
      readonly tick: number;
      /** Counts the signals that the sender could not hand to Redis: when it changes, look into the store. */
      readonly lost: number;
    }
  | { readonly instanceId: string; readonly bye: true };

export function encodeHeartbeat(heartbeat: Heartbeat): string {
  return 'bye' in heartbeat
    ? `1${heartbeat.instanceId}\nbye`
    : `1${heartbeat.instanceId}\n${heartbeat.tick}\n${heartbeat.lost}`;
}

/** Null for what is no heartbeat, or one of an unknown version. */
export function decodeHeartbeat(text: string): Heartbeat | null {
  const match = /^1([^\n]{1,64})\n(?:(bye)|(\d{1,15})\n(\d{1,15}))(?:\n|$)/.exec(text);
  if (!match) return null;
  const instanceId = match[1]!;
  return match[2] ? { instanceId, bye: true } : { instanceId, tick: Number(match[3]), lost: Number(match[4]) };
}
