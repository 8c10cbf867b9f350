import type { Command } from '@gongu/shared';
import type { JoinedEvent } from '../../room/event.ts';
import type { Answers, PendingJoin } from './answers.ts';
import type { StompRender } from './render.ts';
import { chats, type Subscription, type Subscriptions } from './subscriptions.ts';

/**
 * `after` of a join that wants no messages: nothing comes after the last number there is. A topic has no backlog; only
 * a SUBSCRIBE with the header `after` gets one.
 */
const LIVE_ONLY = Number.MAX_SAFE_INTEGER;

/** The newest `seq` that a client has, and the room's epoch then; null: it does not say. */
export interface Since {
  readonly after: number;
  readonly epoch: string | null;
}

/** A subscription is live now, or waits for a join that is on its way, or for one by this command. */
export type Joining = 'live' | 'waits' | Extract<Command, { type: 'join' }>;

/** Which joins the subscriptions of a client need: one serves all of a room that come while it is on its way. */
export function createJoins({ subscriptions, answers }: { subscriptions: Subscriptions; answers: Answers }) {
  return {
    /** Makes a subscription of a room live. `since` null: it asks for no recovery. */
    begin(subscription: Subscription, since: Since | null, receipt: string | null): Joining {
      const { source } = subscription;
      if (source.kind !== 'room') throw new TypeError('not a subscription of a room');
      const room = subscriptions.room(source.roomId)!;
      const recovers = since !== null && source.topic === 'messages';
      // These two show the present state first, which only a join tells.
      const shown = source.topic === 'participants' || source.topic === 'status';
      if (!recovers) {
        if (room.joined && !shown) {
          subscriptions.live(subscription);
          return 'live';
        }
        if (answers.share(room, { subscription, receipt })) return 'waits';
      }
      const ref = answers.nextRef();
      const waiting = [{ subscription, receipt }];
      answers.expect(ref, { kind: 'join', room, waiting, recovers: recovers ? subscription : null });
      return { type: 'join', ref, roomId: room.roomId, ...(recovers ? since : { after: LIVE_ONLY }) };
    },

    /** The room was joined: what the subscriptions that waited get, and their receipts after it. */
    joined({ room, waiting, recovers }: PendingJoin, event: JoinedEvent, render: StompRender): string[] {
      if (subscriptions.room(room.roomId) === room) room.joined = true;
      const upToSeq = event.room.lastSeq;
      const isCut = recovers !== null && event.lastSeq < upToSeq;
      room.recovering = null;
      return waiting.flatMap(({ subscription, receipt }) => {
        const texts: string[] = [];
        if (!subscription.ended) {
          subscriptions.live(subscription);
          if (subscription === recovers) texts.push(...chats([recovers], event.messages, render, event));
          texts.push(...snapshot(subscription, event, render));
        }
        // Last: who asked for a receipt has then seen all that was recovered.
        if (isCut && subscription === recovers)
          room.recovering = { to: recovers, upToSeq, epoch: event.epoch, receipt };
        else if (receipt !== null) texts.push(render.receipt(receipt));
        return texts;
      });
    },

    /** The room could not be joined: what waited is no subscription. */
    refused({ waiting }: PendingJoin): void {
      for (const { subscription } of waiting) if (!subscription.live) subscriptions.delete(subscription);
    },
  };
}

export type Joins = ReturnType<typeof createJoins>;

function snapshot(to: Subscription, { roomId, room }: JoinedEvent, render: StompRender): string[] {
  if (to.source.kind !== 'room') return [];
  const { participantCount, onlineCount } = room;
  if (to.source.topic === 'participants') return [render.participants(to, { roomId, participantCount, onlineCount })];
  return to.source.topic === 'status' ? [render.status(to, room)] : [];
}
