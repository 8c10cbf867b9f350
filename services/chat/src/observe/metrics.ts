import type { Metrics } from '@gongu/host';
import { CLOSE, ERROR_CODES, type ErrorCode } from '@gongu/shared';
import type { ChangeKind } from '../room/changes.ts';
import type { UploadOutcome } from '../room/uploads.ts';
import type { OpenSession } from '../session/sessions.ts';

type Protocol = OpenSession['protocol'];

/** All of them, with a row for each from the start. */
const PROTOCOLS = Object.keys({
  json: 0,
  stomp: 0,
  'ws-chat': 0,
  'chat-room': 0,
  'room-signal': 0,
  sse: 0,
  undecided: 0,
} satisfies Record<Protocol, 0>) as Protocol[];

/** What is looked at when somebody asks for the metrics, and costs nothing in between; and what can be counted at all. */
export interface ChatGauges {
  readonly sessions: () => Iterable<{ readonly queuedBytes: number }>;
  readonly connections: () => ReadonlyMap<Protocol, number>;
  readonly rooms: () => number;
  /** Messages that wait for the next append. */
  readonly waiting: () => number;
  /** Rooms whose index of searches is behind, of those that this instance has written to. */
  readonly unindexed: () => number;
  /** What stands clear where texts are to be sealed. */
  readonly clear: () => { readonly rooms: number; readonly messages: number };
  /** All reasons for which a handshake is not admitted, and for which a signal is not heard. */
  readonly reasons: { readonly notAdmitted: readonly string[]; readonly notHeard: readonly string[] };
  readonly bus: () => { readonly state: 'ok' | 'down' | 'off'; readonly lagMs: number | null };
}

const UNREADABLE = ['altered', 'key_unknown', 'key_wrong'] as const;

const PUSH_OUTCOMES = ['sent', 'gone', 'refused', 'failed', 'dropped'] as const;

/** 0.5 ms to 10 s: a message's way, which is to be a few milliseconds. */
const WAY_SECONDS = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/**
 * Numbers that the parts of the service report; each part is given only the functions it needs. What happens by the
 * message is counted by the batch and by the flush: at a million deliveries a second nothing else is cheap enough.
 */
export function createChatMetrics(metrics: Metrics, live: ChatGauges) {
  createGauges(metrics, live);
  const count = (name: string, help: string) => metrics.counter({ name, help });
  const accepted = count('gongu_chat_messages_accepted_total', 'Messages stored and acknowledged');
  const messagesRefused = metrics.tally({
    name: 'gongu_chat_messages_refused_total',
    help: 'Messages that were not stored, over sockets and HTTP, by the error code',
    values: { code: ERROR_CODES },
  });
  const retired = metrics.counter({
    name: 'gongu_chat_messages_retired_total',
    help: 'Messages of rooms that have ended, removed for their age',
  });
  const moderations = metrics.tally({
    name: 'gongu_chat_moderations_total',
    help: 'Acts of moderation: restrictions in rooms, blocks and revocations',
    values: { act: MODERATIONS },
  });
  const changed = metrics.tally({
    name: 'gongu_chat_changes_total',
    help: 'Changes of messages that were stored, each one row: edited, deleted, reacted, pinned, unpinned',
    values: { change: ['edited', 'deleted', 'reacted', 'pinned', 'unpinned'] satisfies ChangeKind[] },
  });
  const pushed = metrics.tally({
    name: 'gongu_chat_pushes_total',
    help: 'Pushes to devices: sent, gone (the device has ended it), refused, failed (after all attempts), dropped (too many)',
    values: { outcome: PUSH_OUTCOMES },
  });
  const webhookAttempts = metrics.tally({
    name: 'gongu_chat_webhook_attempts_total',
    help: 'Deliveries to webhooks by outcome: delivered, retry, gone (410)',
    values: { outcome: ['delivered', 'retry', 'gone'] },
  });
  const uploads = metrics.tally({
    name: 'gongu_chat_uploads_total',
    help: 'Files: announced, completed (looked at and kept), refused for what they are',
    values: { outcome: ['announced', 'completed', 'refused'] satisfies UploadOutcome[] },
  });
  const searchSeconds = metrics.histogram({
    name: 'gongu_chat_search_seconds',
    help: 'Time of one search in the database, of a room or of all rooms of somebody',
    buckets: WAY_SECONDS,
  });
  const refused = metrics.tally({
    name: 'gongu_chat_commands_refused_total',
    help: 'Commands over sockets that were answered with an error, by its code',
    values: { code: ERROR_CODES },
  });
  const handshakesAccepted = count(
    'gongu_chat_handshakes_accepted_total',
    'Handshakes that became a socket, a stream or a polling session',
  );
  const handshakesRefused = metrics.tally({
    name: 'gongu_chat_handshakes_refused_total',
    help: 'Handshakes that were refused: max_connections, max_handshakes, draining, or an error code',
    values: { reason: [...live.reasons.notAdmitted, ...ERROR_CODES] },
  });
  const closed = metrics.tally({
    name: 'gongu_chat_sessions_closed_total',
    help: 'Sessions that ended, by close code; codes that the protocol does not have are other',
    values: { code: [...KNOWN_CODES, 'other'] },
  });
  const delivered = count('gongu_chat_events_delivered_total', 'Events written to sockets, one for each socket');
  const repaired = count('gongu_chat_gap_repairs_total', 'Reads of the store because a message was missing');
  const signalsRefused = metrics.tally({
    name: 'gongu_chat_bus_refused_total',
    help: 'Signals over Redis that were not heard: unsigned, malformed, key, proof, age, replay',
    values: { reason: live.reasons.notHeard },
  });
  const unreadable = metrics.tally({
    name: 'gongu_chat_unreadable_texts_total',
    help: 'Sealed texts that could not be opened: altered (or moved), key_unknown and key_wrong (the key of their room)',
    values: { reason: UNREADABLE },
  });
  const resyncs = count(
    'gongu_chat_resyncs_total',
    'Times a socket was too slow for a room and events were not queued',
  );
  const unsayable = metrics.tally({
    name: 'gongu_chat_render_failures_total',
    help: 'Events that a protocol could not say and that its clients were not told, by protocol',
    values: { protocol: PROTOCOLS },
  });
  const batchSize = metrics.histogram({
    name: 'gongu_chat_append_batch_messages',
    help: 'Messages of one append',
    buckets: [1, 2, 5, 10, 25, 50, 100, 200, 400],
  });
  const batchSeconds = metrics.histogram({
    name: 'gongu_chat_append_duration_seconds',
    help: 'Time of one append, commit included',
    buckets: WAY_SECONDS,
  });
  const sendToCommit = metrics.histogram({
    name: 'gongu_chat_send_to_commit_seconds',
    help: 'Time from taking a message to its commit: of each append, its oldest message',
    buckets: WAY_SECONDS,
  });
  const commitToSocket = metrics.histogram({
    name: 'gongu_chat_commit_to_socket_seconds',
    help: "Time from a message's createdAt to its being written to sockets: of each write to a room, its oldest message",
    buckets: WAY_SECONDS,
  });

  return {
    appended(size: number, milliseconds: number, oldestMs: number): void {
      batchSize.observe(size);
      batchSeconds.observe(milliseconds / 1_000);
      sendToCommit.observe(oldestMs / 1_000);
    },
    delivered(events: number, storedMs: number | null): void {
      delivered.inc(events);
      // The clocks of PostgreSQL and of this machine may differ by a little.
      if (storedMs !== null) commitToSocket.observe(Math.max(0, storedMs) / 1_000);
    },
    accepted: (messages: number) => accepted.inc(messages),
    messageRefused: (code: ErrorCode) => messagesRefused({ code }),
    changed: (change: ChangeKind) => changed({ change }),
    moderated: (act: string) => moderations({ act }),
    retired: (messages: number) => retired.inc(messages),
    searched: (milliseconds: number) => searchSeconds.observe(milliseconds / 1_000),
    webhookAttempt: (outcome: 'delivered' | 'retry' | 'gone') => webhookAttempts({ outcome }),
    uploaded: (outcome: UploadOutcome) => uploads({ outcome }),
    pushed: (outcome: (typeof PUSH_OUTCOMES)[number]) => pushed({ outcome }),
    refused: (code: ErrorCode) => refused({ code }),
    handshakeAccepted: () => handshakesAccepted.inc(),
    handshakeRefused: (reason: string) => handshakesRefused({ reason }),
    closed: (code: number) => closed({ code: KNOWN_CODES.has(`${code}`) ? `${code}` : 'other' }),
    signalRefused: (reason: string) => signalsRefused({ reason }),
    unreadable: (reason: (typeof UNREADABLE)[number]) => unreadable({ reason }),
    repaired: () => repaired.inc(),
    resynced: () => resyncs.inc(),
    unsayable: (protocol: Protocol) => unsayable({ protocol }),
  };
}

export type ChatMetrics = ReturnType<typeof createChatMetrics>;

const MODERATIONS = [
  ...['participant.muted', 'participant.banned', 'restriction.lifted'],
  ...['report.created', 'report.resolved', 'report.dismissed'],
  ...['user.blocked', 'user.unblocked', 'user.revoked', 'user.unrevoked'],
];

/** Codes that are given here, and those for an end without one: clients may close with any, which shall be no series. */
const KNOWN_CODES: ReadonlySet<string> = new Set([...Object.values(CLOSE), 1005, 1006].map(String));

function createGauges(metrics: Metrics, live: ChatGauges): void {
  const gauge = (name: string, help: string, value: () => number) =>
    metrics.gauge({ name, help, collect: (it) => it.set(value()) });
  metrics.gauge({
    name: 'gongu_chat_connections',
    help: 'Open sockets, streams and polling sessions of this instance, by protocol; undecided before the first frame',
    labels: ['protocol'],
    collect(it) {
      const open = live.connections();
      for (const protocol of PROTOCOLS) it.set({ protocol }, open.get(protocol) ?? 0);
    },
  });
  gauge('gongu_chat_send_queue_bytes', 'Bytes that wait for clients to take them', () => {
    let sum = 0;
    let most = 0;
    for (const { queuedBytes } of live.sessions()) {
      sum += queuedBytes;
      most = Math.max(most, queuedBytes);
    }
    largest.set(most);
    return sum;
  });
  // After the one that sets it: gauges are read in their order.
  const largest = metrics.gauge({
    name: 'gongu_chat_send_queue_largest_bytes',
    help: 'Bytes that wait for the client that has most of them',
  });
  gauge('gongu_chat_rooms_in_memory', 'Rooms this instance serves from memory', live.rooms);
  gauge('gongu_chat_append_waiting', 'Messages waiting for the next append', live.waiting);
  gauge(
    'gongu_chat_search_rooms_behind',
    'Rooms that this instance has written to and whose index of searches is 200 rows and more behind',
    live.unindexed,
  );
  gauge('gongu_chat_clear_rooms', 'Rooms of which texts stand clear that are to be sealed', () => live.clear().rooms);
  gauge(
    'gongu_chat_clear_messages',
    'Messages that are yet to be looked at, and sealed where they stand clear: at most so many',
    () => live.clear().messages,
  );
  gauge('gongu_chat_bus_up', 'Whether signals of other instances arrive at once: 1 yes, 0 no. Without Redis 1', () => {
    const { state, lagMs } = live.bus();
    lag.set((lagMs ?? 0) / 1_000);
    return state === 'down' ? 0 : 1;
  });
  const lag = metrics.gauge({
    name: 'gongu_chat_bus_lag_seconds',
    help: 'Time that a signal takes over Redis and back; grows while none comes back. Without Redis 0',
  });
}
