import type { FinalRoom, SharedFile } from './evidence.ts';
import type { Violation, ViolationKind } from './violation.ts';

/**
 * Files of messages: what was acknowledged is there with its bytes, what was deleted gives nothing, and no message shows a
 * file that nobody shared.
 *
 * @param shared those of the room
 */
export function checkFiles(room: FinalRoom, shared: readonly SharedFile[]): readonly Violation[] {
  const { roomId, messages, files } = room;
  if (!files) return [];
  const violations: Violation[] = [];
  const report = (kind: ViolationKind, seq: number, text: string) =>
    violations.push({ kind, roomId, client: null, seqs: [seq], text: `${roomId}: ${seq} ${text}` });
  const byKey = new Map(shared.map((file) => [`${file.userId}\n${file.clientMessageId}`, file]));
  const given = new Map(files.map(({ seq, sha256 }) => [seq, sha256]));
  const stored = new Map(messages.map((message) => [message.seq, message]));

  for (const { seq, userId, clientMessageId, deleted } of shared) {
    if (seq === null) continue;
    const message = stored.get(seq);
    if (message?.sender !== userId || message.clientMessageId !== clientMessageId) {
      report('lost', seq, 'was acknowledged for a message with a file, and is not that message');
    } else if (deleted === 'done' && (!message.isDeleted || given.has(seq))) {
      report('lost', seq, 'is there with its file after its deletion was acknowledged');
    } else if (deleted === null && !given.has(seq)) report('lost', seq, 'has not the file that it was sent with');
  }
  for (const [seq, sha256] of given) {
    const { sender, clientMessageId } = stored.get(seq) ?? {};
    const file = byKey.get(`${sender}\n${clientMessageId}`);
    if (!file) report('invented', seq, 'shows a file that nobody shared');
    else if (sha256 === null) report('lost', seq, 'shows a file that is not there');
    else if (sha256 !== file.sha256) report('changed', seq, 'has a file of other bytes');
  }
  return violations;
}
