import type { FinalRoom, History, SharedFile } from './evidence.ts';
import type { Texts } from './texts.ts';
import type { Violation, ViolationKind } from './violation.ts';

/**
 * What was said: acknowledged ⇒ stored once, where the acknowledgement says; refused ⇒ not stored; nothing else is.
 *
 * @param shared files of the room, whose messages no history has said
 */
export function checkSayings(
  histories: readonly History[],
  room: FinalRoom,
  texts: Texts,
  shared: readonly SharedFile[] = [],
): Violation[] {
  const violations: Violation[] = [];
  const places = new Map<string, number[]>();
  for (const { seq, sender, clientMessageId } of room.messages) {
    if (sender === null || clientMessageId === null) continue;
    const key = keyOf(sender, clientMessageId);
    places.set(key, [...(places.get(key) ?? []), seq]);
  }
  const said = new Set(shared.map(({ userId, clientMessageId }) => keyOf(userId, clientMessageId)));
  for (const history of histories) {
    for (const saying of sayingsOf(history).values()) {
      const key = keyOf(history.userId, saying.id);
      said.add(key);
      violations.push(...judge(history, saying, places.get(key) ?? [], room, texts));
    }
  }
  for (const { seq, sender, clientMessageId, kind } of room.messages) {
    if (kind !== 'CHAT' || sender === null) continue;
    if (clientMessageId !== null && said.has(keyOf(sender, clientMessageId))) continue;
    const text = `${room.roomId}: ${seq} is stored for ${sender}, who did not say it`;
    violations.push({ kind: 'invented', roomId: room.roomId, client: null, seqs: [seq], text });
  }
  return violations;
}

interface Saying {
  readonly id: string;
  readonly content: string;
  readonly acks: (number | null)[];
  /** How often it was said, and how often refused. */
  tries: number;
  refusals: number;
  refused: string | null;
  receivedAs: number | null;
}

/** By `clientMessageId`, in the order in which they were first said. */
export function sayingsOf({ entries, userId }: History): ReadonlyMap<string, Readonly<Saying>> {
  const sayings = new Map<string, Saying>();
  for (const entry of entries) {
    if (entry.kind === 'said') {
      const none = { acks: [], tries: 0, refusals: 0, refused: null, receivedAs: null };
      const saying = sayings.get(entry.id) ?? { id: entry.id, content: entry.content, ...none };
      saying.tries++;
      sayings.set(entry.id, saying);
    }
    if (entry.kind === 'acked') {
      const saying = sayings.get(entry.id);
      saying?.acks.push(entry.seq);
      // Said again before the first try was answered: who was muted at the first may no longer be at the second.
      if (saying && saying.refusals < saying.tries) saying.refused = null;
    }
    if (entry.kind === 'refused' && entry.id !== null) {
      const saying = sayings.get(entry.id);
      if (saying) {
        saying.refused = entry.code;
        saying.refusals++;
      }
    }
    if (entry.kind !== 'received') continue;
    const { sender, clientMessageId, seq } = entry.message;
    const own = clientMessageId && (sender === undefined || sender === userId) ? sayings.get(clientMessageId) : null;
    if (own) own.receivedAs = seq;
  }
  return sayings;
}

function judge(
  history: History,
  saying: Readonly<Saying>,
  seqs: readonly number[],
  room: FinalRoom,
  texts: Texts,
): Violation[] {
  const { client, roomId } = history;
  const { id, content, acks, refused } = saying;
  const violations: Violation[] = [];
  const report = (kind: ViolationKind, about: readonly number[], text: string) =>
    violations.push({ kind, roomId, client, seqs: about, text: `${client} in ${roomId}: ${id} ${text}` });
  const named = acks.filter((seq) => seq !== null);

  if (new Set(named).size > 1) report('doubled', named, `was acknowledged as ${named.join(' and as ')}`);
  if (seqs.length > 1) report('doubled', seqs, `is stored as ${seqs.join(' and as ')}`);
  if (acks.length > 0 && seqs.length === 0) report('lost', named, 'was acknowledged and is not stored');
  const other = named.find((seq) => seqs.length > 0 && !seqs.includes(seq));
  if (other !== undefined) report('changed', [other, ...seqs], `was acknowledged as ${other} and is stored as ${seqs}`);
  const kept = room.messages.find(({ seq }) => seq === seqs[0]);
  const atFirst = kept && (texts.of(kept.seq)?.[0] ?? kept.content);
  if (atFirst !== undefined && atFirst !== content)
    report('changed', seqs, `is stored with another text as ${seqs[0]}`);
  if (refused !== null && seqs.length > 0) report('refused-stored', seqs, `was refused with ${refused} and is stored`);
  // Not seen in the end: a protocol without acknowledgements has its own messages in their place.
  if (
    history.end === 'in' &&
    acks.length === 0 &&
    refused === null &&
    saying.receivedAs === null &&
    seqs.length === 0
  ) {
    report('unanswered', [], 'has no outcome');
  }
  return violations;
}

function keyOf(userId: string, clientMessageId: string): string {
  return `${userId}\n${clientMessageId}`;
}
