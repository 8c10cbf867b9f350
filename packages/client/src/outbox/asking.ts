import type { Command } from '@gongu/shared';
import type { Without } from '../connection/link.ts';
import type { Change, Outgoing } from './outgoing.ts';

/** The frame that asks for a message to be stored, or for a change that is no order in the room. */
export function frameOf(
  draft: Outgoing,
): Without<Extract<Command, { type: 'send' | 'edit' | 'react' | 'pin' | 'delete' }>> {
  const { roomId, clientMessageId, content, kind, replyTo, mentions, mentionsAll, change } = draft;
  const said = { content, mentions: mentions && [...mentions], mentionsAll };
  if (!change) {
    const { attachments = [], files = [] } = draft;
    const ids = [...attachments, ...files.map(({ attachment }) => attachment!)].map(({ id }) => id);
    return { type: 'send', roomId, clientMessageId, ...said, kind, replyTo, attachments: ids[0] ? ids : undefined };
  }
  const { seq, ifVersion, emoji, on } = change;
  if (change.kind === 'edit') return { type: 'edit', roomId, seq, ...said, ifVersion };
  if (change.kind === 'react') return { type: 'react', roomId, seq, emoji: emoji!, on: on! };
  if (change.kind === 'pin') return { type: 'pin', roomId, seq, on: on! };
  return { type: 'delete', roomId, seq };
}

/**
 * The request that asks for order in a room; undefined where a frame asks for the change. Each can be asked twice.
 *
 * @param note of a report
 * @param nowMs the server's time, epoch milliseconds
 */
export function orderRequest(
  roomId: string,
  { kind, seq, reason, userId = '', restriction, seconds }: Change,
  note: string,
  nowMs: number,
): [method: string, path: string, body?: unknown] | undefined {
  const room = `/rooms/${encodeURIComponent(roomId)}`;
  const person = encodeURIComponent(userId);
  if (kind === 'report') return ['POST', `${room}/messages/${seq}/reports`, { reason, ...(note && { note }) }];
  if (kind === 'remove') return ['DELETE', `${room}/participants/${person}`];
  if (kind === 'slow') return ['PATCH', room, { slowModeSeconds: seconds }];
  if (kind !== 'restrict') return undefined;
  const path = `${room}/restrictions/${person}`;
  if (!restriction) return ['DELETE', path];
  const { forMs, ...what } = restriction;
  return ['PUT', path, { ...what, ...(forMs && { until: new Date(nowMs + forMs).toISOString() }) }];
}
