import type { FinalRoom, History, Received, Stored } from './evidence.ts';
import { isChange } from './system-event.ts';
import type { Texts } from './texts.ts';
import type { Violation, ViolationKind } from './violation.ts';

/**
 * What a client received: each message once, in order of `seq`, none left out, and the same as is stored, or as it was
 * before somebody changed it.
 */
export function checkDeliveries(history: History, room: FinalRoom, texts: Texts): Violation[] {
  const { client, roomId, entries, end, hidesChanges = false } = history;
  const stored = new Map(room.messages.map((message) => [message.seq, message]));
  const isTold = (seq: number) => !hidesChanges || !isChange(stored.get(seq) ?? {});
  const violations: Violation[] = [];
  const report = (kind: ViolationKind, seqs: readonly number[], text: string) =>
    violations.push({ kind, roomId, client, seqs, text: `${client} in ${roomId}: ${text}` });
  /** Left out so far. */
  const missing = new Set<number>();
  let last = 0;

  for (const entry of entries) {
    if (entry.kind === 'restarted') {
      const told = room.messages.filter(({ seq }) => isTold(seq));
      const isHole = told.some(({ seq }) => seq > last && seq <= entry.seq);
      if (last > 0 && isHole && !isFarBehind(told, last, entry.seq)) {
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
      const field = differs(message, kept, texts.of(seq));
      if (field) report('changed', [seq], `${seq} was received with another ${field} than is stored`);
    }
    if (seq > last) {
      for (let left = last + 1; left < seq; left++) if (isTold(left)) missing.add(left);
      last = seq;
    } else if (missing.delete(seq)) report('reordered', [seq, last], `${seq} came after ${last}`);
    else report('doubled', [seq], `${seq} came twice (connection ${entry.connection})`);
  }
  for (const seq of missing) report('gap', [seq], `${seq} was left out`);
  if (end === 'away') report('lost', [last], `did not come back, with ${last} of ${room.lastSeq}`);
  const head = hidesChanges ? (room.messages.findLast(({ seq }) => isTold(seq))?.seq ?? 0) : room.lastSeq;
  if (end === 'in' && last < head) report('lost', [last + 1, head], `never got ${last + 1} to ${head}`);
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
  // Rows of change come along with a page, and are none of its messages.
  const page = messages.filter((message) => message.seq > seq && !isChange(message)).slice(0, PAGE_MESSAGES);
  const head = page.at(-1)?.seq ?? seq;
  const missed = messages.filter((message) => message.seq > last && message.seq <= head);
  const bytes = missed.reduce((sum, { content, data }) => {
    return sum + MESSAGE_BYTES + Buffer.byteLength(content) + (data === undefined ? 0 : JSON.stringify(data).length);
  }, 0);
  return missed.length > RECOVERY_MESSAGES || bytes > RECOVERY_BYTES;
}

function differs(got: Received, kept: Stored, texts: readonly string[] | undefined): string | null {
  if (got.kind !== kept.kind) return 'kind';
  if (texts ? !texts.includes(got.content) : got.content !== kept.content) return 'content';
  if (got.sender !== undefined && got.sender !== kept.sender) return 'sender';
  if (got.clientMessageId !== undefined && got.clientMessageId !== kept.clientMessageId) return 'clientMessageId';
  return null;
}
