import type { WebhookEventRow } from '@gongu/host';

/** A row of `webhook_events`, as JSON, with who reported whom as the report has it now. */
export interface ChatEventRow extends WebhookEventRow {
  room_id: string;
  user_ids: string[];
  data: object;
  reporter_id: string | null;
  sender_id: string | null;
}

/** What is told of an event; never a text. `reporterId` and `senderId` null: there is none, or no report any more. */
export function webhookDataOf({ id, room_id: roomId, type, ...row }: ChatEventRow): object {
  const people =
    type === 'member.absent' ? { userIds: row.user_ids } : { reporterId: row.reporter_id, senderId: row.sender_id };
  return { roomId, sequence: Number(id), ...row.data, ...people };
}
