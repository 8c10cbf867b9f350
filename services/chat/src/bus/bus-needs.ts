import type { Needs } from '../redis/rights.ts';
import type { Channels } from './channels.ts';

/** What the bus asks of Redis, on its publishing connection and on its subscribing one. */
export function busNeeds(channels: Channels): { readonly publishing: Needs; readonly subscribing: Needs } {
  // No room is called so.
  const channel = channels.room('');
  const place = `&${channels.pattern}`;
  if (!channels.sharded) {
    return {
      publishing: { place, commands: { '+publish': (redis) => redis.publish(channel, '') } },
      subscribing: {
        place,
        commands: {
          '+subscribe': (redis) => redis.subscribe(channel),
          '+unsubscribe': (redis) => redis.unsubscribe(channel),
        },
      },
    };
  }
  return {
    publishing: { place, commands: { '+spublish': (redis) => redis.spublish(channel, '') } },
    subscribing: {
      place,
      commands: {
        '+ssubscribe': (redis) => redis.ssubscribe(channel),
        '+sunsubscribe': (redis) => redis.sunsubscribe(channel),
      },
    },
  };
}
