import { useEffect, useState } from 'react';
import { useToolStrings } from '../chat/useToolStrings.ts';

export interface StandingProps {
  /** One is muted until that time (ISO 8601; null: until it is taken away). */
  readonly muted: { readonly until: string | null } | null;
  readonly onMuteEnd: () => void;
  /** Seconds between two messages of one's own; 0: none. */
  readonly slowSeconds: number;
  /** Epoch milliseconds before which one may not send again; null: now. */
  readonly slowUntilMs: number | null;
  /** The server's clock minus this one, milliseconds. */
  readonly clockOffsetMs: number;
}

/** What keeps one from writing, and how long yet. */
export function Standing({ muted, onMuteEnd, slowSeconds, slowUntilMs, clockOffsetMs }: StandingProps) {
  const strings = useToolStrings();
  const nowMs = useSeconds(muted?.until != null || slowUntilMs !== null);
  const mutedMs = muted?.until == null ? null : Math.max(0, Date.parse(muted.until) - nowMs - clockOffsetMs);
  const isOver = mutedMs === 0;
  useEffect(() => {
    if (isOver) onMuteEnd();
  });
  if (muted) {
    return <span>{strings.muted(mutedMs === null ? null : strings.span(mutedMs))}</span>;
  }
  const leftMs = slowUntilMs === null ? 0 : slowUntilMs - nowMs;
  return (
    <p className="gongu-looking">
      {/* A number that moves each second is for reading, not for being read out. */}
      <span>{strings.slowMode(slowSeconds)}</span>{' '}
      {leftMs > 0 && <span role="timer">{strings.slowWait(strings.span(leftMs))}</span>}
    </p>
  );
}

/** Epoch milliseconds, moved on each second while that is wanted. */
function useSeconds(isOn: boolean): number {
  const [nowMs, setNowMs] = useState(Date.now);
  useEffect(() => {
    if (!isOn) return;
    setNowMs(Date.now());
    const timer = setInterval(() => setNowMs(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, [isOn]);
  return nowMs;
}
