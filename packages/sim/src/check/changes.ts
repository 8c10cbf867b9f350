import type { Change, FinalRoom, History, Received, Stored } from './evidence.ts';
import { changeIn, systemEventOf } from './system-event.ts';
import { textsOf } from './texts.ts';
import type { Violation, ViolationKind } from './violation.ts';

type Copy = Pick<Received, 'seq' | 'content' | 'version'>;
type Asked = ReadonlyMap<number, readonly Change[]>;

/**
 * What another instance may still tell of a text that was changed, milliseconds: 15 s for a lost signal
 * (docs/guarantees.md), and what a process that is frozen or can't reach PostgreSQL adds here.
 */
const STALE_MS = 25_000;

/**
 * Messages that somebody edited or deleted: what was acknowledged is so in the end, each change is one row, nobody who is
 * in the room shows another text than is stored, and what was changed is told to nobody who comes later.
 *
 * @param changes those of the room
 */
export function checkChanges(
  histories: readonly History[],
  room: FinalRoom,
  changes: readonly Change[],
): readonly Violation[] {
  const asked = new Map<number, Change[]>();
  for (const change of changes) asked.set(change.seq, [...(asked.get(change.seq) ?? []), change]);
  return [
    ...checkStored(room, asked),
    ...histories.flatMap((history) => [...checkShown(history, room), ...checkStale(history, asked, changes)]),
  ];
}

function checkStored(room: FinalRoom, asked: Asked): Violation[] {
  const { roomId, messages } = room;
  const violations: Violation[] = [];
  const report = (kind: ViolationKind, seqs: readonly number[], text: string) =>
    violations.push({ kind, roomId, client: null, seqs, text: `${roomId}: ${text}` });
  const rows = new Map<number, { edited: number; deleted: number; reacted: number; last: number }>();
  for (const message of messages) {
    const target = targetOf(message);
    if (target === null) continue;
    const known = rows.get(target.seq) ?? { edited: 0, deleted: 0, reacted: 0, last: 0 };
    rows.set(target.seq, { ...known, [target.change]: known[target.change] + 1, last: message.seq });
  }
  for (const { seq, kind, content, version, isDeleted = false } of messages) {
    if (kind === 'SYSTEM') continue;
    const { edited = 0, deleted = 0, last = seq } = rows.get(seq) ?? {};
    if (version !== undefined && version !== last)
      report('diverged', [seq], `${seq} has version ${version} of ${last}`);
    if (isDeleted !== deleted > 0 || (isDeleted && content !== '')) {
      report('diverged', [seq], `${seq} has ${deleted} rows that delete it, and ${content.length} characters of text`);
    }
    const changes = asked.get(seq) ?? [];
    const count = (what: 'edited' | 'deleted', outcome: Change['outcome']) =>
      changes.filter((change) => (change.content === null) === (what === 'deleted') && change.outcome === outcome)
        .length;
    const most = count('edited', 'done') + count('edited', 'unknown');
    const mayBeDeleted = count('deleted', 'done') + count('deleted', 'unknown') > 0;
    if (edited > most || deleted > (mayBeDeleted ? 1 : 0)) {
      report(
        'invented',
        [seq],
        `${seq} has ${edited} rows of edits and ${deleted} of deletions, of ${changes.length} asked`,
      );
    }
    if (edited < count('edited', 'done')) report('lost', [seq], `${seq} has ${edited} rows for its acknowledged edits`);
    const texts = possibleTexts(changes);
    if (texts && !texts.includes(content)) report('lost', [seq], `${seq} has not the text that was acknowledged last`);
  }
  return violations;
}

/** What a message may say in the end; null: nobody asked to change it. */
function possibleTexts(changes: readonly Change[]): string[] | null {
  if (!changes[0]) return null;
  let texts = [changes[0].before];
  for (const { content, outcome } of changes) {
    if (outcome === 'done') texts = [];
    if (outcome === 'done' || outcome === 'unknown') texts.push(content ?? '');
  }
  return texts;
}

/** Who has everything shows everything as it is stored. */
function checkShown(history: History, { roomId, messages }: FinalRoom): Violation[] {
  const { client, end, hidesChanges } = history;
  if (end !== 'in' || hidesChanges) return [];
  const stored = new Map(messages.map((message) => [message.seq, message]));
  // Reactions make another version of the same text, and come without it.
  const said = new Map<number, number>();
  for (const row of messages) {
    const target = targetOf(row);
    if (target && target.change !== 'reacted') said.set(target.seq, row.seq);
  }
  return (history.shown ?? shownBy(history)).flatMap(({ seq, content, version }): Violation[] => {
    const kept = stored.get(seq);
    // One that nobody changed is the same for everybody already.
    if (!kept || kept.version === undefined || kept.version === seq) return [];
    if (content === kept.content && (version ?? kept.version) >= (said.get(seq) ?? seq)) return [];
    const text = `${client} in ${roomId}: shows ${seq} as of version ${version}, and ${kept.version} is stored`;
    return [{ kind: 'diverged', roomId, client, seqs: [seq], text }];
  });
}

/** Of each message the newest copy that a client got; who begins anew keeps none. */
function shownBy({ entries }: History): Copy[] {
  const copies = new Map<number, Copy>();
  for (const entry of entries) {
    if (entry.kind === 'restarted') copies.clear();
    if (entry.kind !== 'received') continue;
    for (const copy of copiesIn(entry.message)) {
      const known = copies.get(copy.seq);
      if (!known || (copy.version ?? copy.seq) > (known.version ?? known.seq)) copies.set(copy.seq, copy);
    }
  }
  return [...copies.values()];
}

/** Who connects long after a change was acknowledged is told nothing that it took away. */
function checkStale(history: History, asked: Asked, changes: readonly Change[]): Violation[] {
  const { client, roomId, entries } = history;
  const texts = textsOf(changes);
  let connectedAtMs = Number.NEGATIVE_INFINITY;
  return entries.flatMap((entry) => {
    if (entry.kind === 'connecting') connectedAtMs = entry.atMs ?? connectedAtMs;
    if (entry.kind !== 'received') return [];
    return copiesIn(entry.message).flatMap(({ seq, content }): Violation[] => {
      const told = texts.of(seq)?.lastIndexOf(content) ?? -1;
      const isOver = ({ outcome, answeredAtMs }: Change) =>
        outcome === 'done' && answeredAtMs + STALE_MS < connectedAtMs;
      // The text that a change makes is one further than the change.
      const least = (asked.get(seq)?.findLastIndex(isOver) ?? -1) + 1;
      if (told < 0 || told >= least) return [];
      const text = `${client} in ${roomId}: was told a text of ${seq} that was ${least - told} changes old`;
      return [{ kind: 'stale', roomId, client, seqs: [seq], text }];
    });
  });
}

/** A message, and the one whose change it tells. */
function copiesIn(message: Received): Copy[] {
  if (message.kind !== 'SYSTEM') return [message];
  const data = systemEventOf(message);
  return data?.event === 'message.changed' && data.message ? [data.message] : [];
}

/** The message of which a row makes another version; pins leave it as it was. */
function targetOf(row: Stored): { readonly seq: number; readonly change: 'edited' | 'deleted' | 'reacted' } | null {
  const { seq, change } = changeIn(row) ?? {};
  const makesOne = change === 'edited' || change === 'deleted' || change === 'reacted';
  return seq !== undefined && makesOne ? { seq, change } : null;
}
