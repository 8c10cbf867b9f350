import type { FinalRoom, Restriction } from './evidence.ts';
import type { LogRow, Report } from './room-state.ts';
import { systemEventOf } from './system-event.ts';
import type { Violation, ViolationKind } from './violation.ts';

/** A mute that runs out is judged and written down in one statement, but not in one moment. */
const LATE_MS = 1_000;

/** Who is muted does not talk, and who is banned does not come in, from the row on that says so to the one that ends it. */
export function createRestrictionRules() {
  const mutedUntilMs = new Map<string, number>();
  const banned = new Set<string>();
  return {
    talk({ sender, createdAt }: LogRow, report: Report): void {
      const untilMs = mutedUntilMs.get(sender ?? '') ?? 0;
      if (Date.parse(createdAt ?? '') < untilMs - LATE_MS) report('restricted', `${sender} talks and is muted`);
    },
    event(row: LogRow, report: Report): void {
      const data = systemEventOf(row);
      switch (data?.event) {
        case 'participant.joined':
          if (banned.has(data.participant.userId))
            report('restricted', `${data.participant.userId} joins and is banned`);
          break;
        case 'participant.muted':
          mutedUntilMs.set(data.user.userId, data.until === null ? Number.POSITIVE_INFINITY : Date.parse(data.until));
          break;
        case 'participant.unmuted':
          mutedUntilMs.delete(data.user.userId);
          break;
        case 'participant.banned':
          banned.add(data.user.userId);
          break;
        case 'participant.removed':
          if (data.reason === 'BANNED') banned.add(data.participant.userId);
          // A ban takes the place of a mute, without a row of its end.
          if (data.reason === 'BANNED') mutedUntilMs.delete(data.participant.userId);
          break;
        case 'participant.unbanned':
          banned.delete(data.user.userId);
      }
    },
  };
}

/**
 * Mutes and bans without an end: what was acknowledged last is so in the end, and nothing else is.
 *
 * @param asked those of the room
 */
export function checkRestrictions(room: FinalRoom, asked: readonly Restriction[]): readonly Violation[] {
  const { roomId, lastSeq, restrictions } = room;
  if (!restrictions) return [];
  const violations: Violation[] = [];
  const report = (kind: ViolationKind, text: string) =>
    violations.push({ kind, roomId, client: null, seqs: [lastSeq], text: `${roomId}: ${text}` });
  const possible = new Map<string, Set<Restriction['restricted']>>();
  for (const { userId, restricted, outcome } of asked) {
    const may = possible.get(userId) ?? new Set([null]);
    // A try that was not answered may be carried out after all that follows it.
    if (outcome === 'unknown') possible.set(userId, new Set([...may, ...(possible.get(userId) ?? []), restricted]));
    else possible.set(userId, outcome === 'done' && may.size < 2 ? new Set([restricted]) : may);
  }
  const there = new Map(restrictions.map(({ userId, kind }) => [userId, kind]));
  for (const [userId, may] of possible) {
    const is = there.get(userId) ?? null;
    if (may.has(is)) continue;
    if (is === null) report('lost', `${userId} is not restricted, as was acknowledged`);
    else report('invented', `${userId} is restricted by ${is}, where ${[...may].join(' or ')} was acknowledged`);
  }
  for (const [userId, kind] of there) {
    if (!possible.has(userId)) report('invented', `${userId} is restricted by ${kind}, for which nobody asked`);
  }
  return violations;
}
