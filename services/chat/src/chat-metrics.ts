import type { Metrics } from '@gongu/host';

/** Numbers that the parts of the service report; each part is given only the functions it needs. */
export function createChatMetrics(
  metrics: Metrics,
  live: { connections: () => ReadonlyMap<string, number>; rooms: () => number; waiting: () => number },
) {
  const accepted = metrics.counter({
    name: 'gongu_chat_messages_accepted_total',
    help: 'Messages stored and acknowledged',
  });
  const refused = metrics.counter({
    name: 'gongu_chat_commands_refused_total',
    help: 'Commands answered with an error, by its code',
    labels: ['code'],
  });
  const handshakesAccepted = metrics.counter({
    name: 'gongu_chat_handshakes_accepted_total',
    help: 'Handshakes that became a socket, a stream or a polling session',
  });
  const handshakesRefused = metrics.counter({
    name: 'gongu_chat_handshakes_refused_total',
    help: 'Handshakes that were refused: max_connections, max_handshakes, draining, or an error code',
    labels: ['reason'],
  });
  const delivered = metrics.counter({
    name: 'gongu_chat_events_delivered_total',
    help: 'Events written to sockets, one for each socket',
  });
  const repaired = metrics.counter({
    name: 'gongu_chat_gap_repairs_total',
    help: 'Reads of the store because a message was missing',
  });
  const resyncs = metrics.counter({
    name: 'gongu_chat_resyncs_total',
    help: 'Times a socket was too slow for a room and events were not queued',
  });
  const batchSize = metrics.histogram({
    name: 'gongu_chat_append_batch_messages',
    help: 'Messages of one append',
    buckets: [1, 2, 5, 10, 25, 50, 100, 200, 400],
  });
  const batchSeconds = metrics.histogram({
    name: 'gongu_chat_append_duration_seconds',
    help: 'Time of one append, commit included',
  });
  metrics.gauge({
    name: 'gongu_chat_connections',
    help: 'Open sockets and event streams of this instance, by protocol',
    labels: ['protocol'],
    collect(gauge) {
      gauge.reset();
      for (const [protocol, count] of live.connections()) gauge.set({ protocol }, count);
    },
  });
  metrics.gauge({
    name: 'gongu_chat_rooms_in_memory',
    help: 'Rooms this instance serves from memory',
    collect: (gauge) => gauge.set(live.rooms()),
  });
  metrics.gauge({
    name: 'gongu_chat_append_waiting',
    help: 'Messages waiting for the next append',
    collect: (gauge) => gauge.set(live.waiting()),
  });

  return {
    appended(size: number, milliseconds: number): void {
      batchSize.observe(size);
      batchSeconds.observe(milliseconds / 1_000);
    },
    accepted: (count: number) => accepted.inc(count),
    refused: (code: string) => refused.inc({ code }),
    handshakeAccepted: () => handshakesAccepted.inc(),
    handshakeRefused: (reason: string) => handshakesRefused.inc({ reason }),
    delivered: (count: number) => delivered.inc(count),
    repaired: () => repaired.inc(),
    resynced: () => resyncs.inc(),
  };
}

export type ChatMetrics = ReturnType<typeof createChatMetrics>;
