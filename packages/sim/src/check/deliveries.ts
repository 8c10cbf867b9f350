import type { FinalRoom, History, Received, Stored } from './evidence.ts';
import type { Violation, ViolationKind } from './violation.ts';

/** What a client received: each message once, in order of `seq`, none left out, and the same as is stored. */
export function checkDeliveries(history: History, room: FinalRoom): Violation[] {
  const { client, roomId, entries, end } = history;
  const stored = new Map(room.messages.map((message) => [message.seq, message]));
  const violations: Violation[] = [];
  const report = (kind: ViolationKind, seqs: readonly number[], text: string) =>
    violations.push({ kind, roomId, client, seqs, text: `${client} in ${roomId}: ${text}` });
  /** Left out so far. */
  const missing = new Set<number>();
  let last = 0;

  for (const entry of entries) {
    if (entry.kind === 'restarted') {
      if (last > 0 && !isFarBehind(room.messages, last, entry.seq)) {
        report('gap', [last + 1, entry.seq], `began anew after ${entry.seq}, where all after ${last} could be had`);
      }
      last = Math.max(last, entry.seq);
      continue;
    }
    if (entry.kind !== 'received') continue;
    const { message } = entry;
    const { seq } = message;
    const kept = stored.get(seq);
    if (!kept) report('lost', [seq], `${seq} was received and is not stored`);
    else {
      const field = differs(message, kept);
      if (field) report('changed', [seq], `${seq} was received with another ${field} than is stored`);
    }
    if (seq > last) {
      for (let left = last + 1; left < seq; left++) missing.add(left);
      last = seq;
    } else if (missing.delete(seq)) report('reordered', [seq, last], `${seq} came after ${last}`);
    else report('doubled', [seq], `${seq} came twice (connection ${entry.connection})`);
  }
  for (const seq of missing) report('gap', [seq], `${seq} was left out`);
  if (end === 'away') report('lost', [last], `did not come back, with ${last} of ${room.lastSeq}`);
  if (end === 'in' && last < room.lastSeq) {
    report('lost', [last + 1, room.lastSeq], `never got ${last + 1} to ${room.lastSeq}`);
  }
  return violations;
}

/** Messages and bytes that a recovery may have (docs/protocol.md); a newest page has at most 50 messages. */
const RECOVERY_MESSAGES = 1_000;
const RECOVERY_BYTES = 2 * 2 ** 20;
const PAGE_MESSAGES = 50;
/** About what a message takes beside its text. */
const MESSAGE_BYTES = 300;

/** Whether what came after `last` was more than a recovery may have when a newest page began after `seq`. */
function isFarBehind(messages: readonly Stored[], last: number, seq: number): boolean {
  const missed = messages.filter((message) => message.seq > last && message.seq <= seq + PAGE_MESSAGES);
  const bytes = missed.reduce((sum, { content, data }) => {
    return sum + MESSAGE_BYTES + Buffer.byteLength(content) + (data === undefined ? 0 : JSON.stringify(data).length);
  }, 0);
  return missed.length > RECOVERY_MESSAGES || bytes > RECOVERY_BYTES;
}

function differs(got: Received, kept: Stored): string | null {
  if (got.kind !== kept.kind) return 'kind';
  if (got.content !== kept.content) return 'content';
  if (got.sender !== undefined && got.sender !== kept.sender) return 'sender';
  if (got.clientMessageId !== undefined && got.clientMessageId !== kept.clientMessageId) return 'clientMessageId';
  return null;
}
