import { randomBytes, randomUUID } from 'node:crypto';
import {
  createChangeRate,
  createDatabaseQueues,
  createHooks,
  createRateLimit,
  observePools,
  refusalOfType,
  type ServiceParts,
  sessionLimitsOf,
} from '@gongu/host';
import { v7 } from 'uuid';
import { createLocalExchange, type LocalExchange } from '../bus/local-bus.ts';
import { BUS_REFUSALS } from '../bus/sealing.ts';
import { FULL } from '../endpoints/admission.ts';
import type { ChatEnv } from '../env.ts';
import { createHub } from '../hub/hub.ts';
import { createOverview } from '../hub/overview/overview.ts';
import { createHookTeller } from '../jobs/absent-tellers.ts';
import { createIndexMessages } from '../jobs/index-messages.ts';
import { createSealTexts } from '../jobs/seal-texts.ts';
import { createTellAbsent } from '../jobs/tell-absent.ts';
import { createChatMetrics } from '../observe/metrics.ts';
import { createObservers } from '../observe/observers.ts';
import { createAdmins } from '../room/admins.ts';
import { createChanges } from '../room/changes.ts';
import { watchedRoomOf } from '../room/counts.ts';
import { createMembers } from '../room/members.ts';
import { createMessages } from '../room/messages.ts';
import { createPeople } from '../room/people.ts';
import { createPushes } from '../room/pushes.ts';
import { createRates } from '../room/rates.ts';
import { createReports } from '../room/reports.ts';
import { createRestrictions } from '../room/restrictions.ts';
import { createRetention } from '../room/retention.ts';
import { createRooms } from '../room/rooms.ts';
import { createSearch } from '../room/search.ts';
import { createTickets } from '../room/tickets.ts';
import { createUploads } from '../room/uploads.ts';
import { createVisitors } from '../room/visitors.ts';
import { createConnectionWatch } from '../session/connection-watch.ts';
import { createPresenceTick } from '../session/presence-tick.ts';
import { createSessions } from '../session/sessions.ts';
import { createTyping } from '../session/typing.ts';
import { createWatcherTick } from '../session/watcher-tick.ts';
import { openStore } from '../store/open-store.ts';
import { createFlusher } from '../transport/send-queue.ts';
import type { Files } from './files.ts';
import { createFilter } from './filter.ts';
import { createLinks } from './links.ts';
import { createPush } from './push.ts';
import { createSpacingShare } from './spacing-share.ts';

/**
 * Joins that may read at once whether somebody is a member: two loads of as many rooms as one statement reads, of which one
 * is under way while the other fills.
 */
const JOINS_AT_ONCE = 20;

/** The rules, and the rooms in memory: from the store and the other instances up to what sessions are told. */
export function createDomain(
  parts: ServiceParts<ChatEnv>,
  { exchange = createLocalExchange(), files }: { exchange?: LocalExchange; files: Files },
) {
  const { env, log, clock, metrics } = parts;
  const now = clock.monotonic;
  const sessions = createSessions({ random: Math.random, now });
  const counts = createChatMetrics(metrics, {
    sessions: () => sessions.all(),
    connections: () => sessions.byProtocol(),
    rooms: () => hub.roomIds().length,
    reasons: { notAdmitted: FULL, notHeard: BUS_REFUSALS },
    waiting: () => stored.waiting(),
    unindexed: () => indexMessages.waiting(),
    clear: () => sealTexts.left(),
    bus: () => ({ state: bus.state(), lagMs: bus.lagMs() }),
  });
  const observers = createObservers({ log, counts, now: clock.now });
  const { failed } = observers;

  const store = openStore({
    ...{ url: env.DATABASE_URL, pooler: env.DATABASE_POOLER, poolSize: env.DATABASE_POOL, log },
    limits: sessionLimitsOf(env),
    anonymousShare: env.ANONYMOUS_SHARE,
    isWatchable: env.ROOM_WATCH,
    content: {
      keys: env.CONTENT_KEYS ?? null,
      isOn: env.CONTENT_ENCRYPTION,
      ...observers.content,
    },
  });
  observePools(metrics, store.pools);
  const { reads: pool } = store.pools;
  const places = { reads: pool.options.max, joins: JOINS_AT_ONCE };
  const queues = createDatabaseQueues({ clock, metrics, pool, places });
  const links = createLinks({
    ...{ env, log, clock, exchange },
    openSockets: () => sessions.size,
    onGone(place, userIds) {
      const watched = watchedRoomOf(place);
      if (watched === null) presenceTick.gone(place, userIds);
      else watcherTick.note(watched);
    },
    onRefused: counts.signalRefused,
  });
  const { bus, presence } = links;

  const spacingShare = createSpacingShare({
    ...{ load: env.ROOM_WRITE_LOAD, loop: performance.eventLoopUtilization, now },
  });
  const flusher = createFlusher();
  const hub = createHub({
    ...store,
    // A room is one client here: those who missed the same share a read.
    missed: {
      after: (roomId, ...page) => queues.reads.run({ key: () => roomId }, () => store.messages.after(roomId, ...page)),
      before: (roomId, ...page) =>
        queues.reads.run({ key: () => roomId }, () => store.messages.before(roomId, ...page)),
    },
    bus: links.branch(),
    flushSpacingMs: () => spacingShare() * env.ROOM_WRITE_MS,
    // One scheduler: rooms fill their sockets' queues before these are written.
    atTurnEnd: flusher.fill,
    onEmit(signal) {
      overview.apply(signal);
      indexMessages.note(signal);
      tellAbsent.note(signal);
    },
    onPresence: (roomId, userId, online) => presenceTick.note(roomId, userId, online),
    onWatchers: (roomId) => watcherTick.note(roomId),
    observe: observers.hub,
    now,
  });
  const overview = createOverview({ rooms: store.rooms, bus: links.branch(), now, onFailure: failed });
  const presenceTick = createPresenceTick({ presence, hub });
  const watcherTick = createWatcherTick({ presence, hub });
  const connections = createConnectionWatch({ presence, onFailure: (error) => failed('count of connections', error) });

  const search = createSearch({ search: store.search, now, onSearched: counts.searched });
  const indexMessages = createIndexMessages({ index: store.searchIndex, known: hub.inMemory, now });

  const sealTexts = createSealTexts({ content: store.content, now });

  const push = createPush({ env, store, counts, failed });
  const hooks = createHooks(parts, { store: store.webhooks, newId: v7, onAttempt: counts.webhookAttempt });
  const { onCommit } = hooks.dispatch;
  const afterS = env.ABSENT_AFTER_S;
  const tellAbsent = createTellAbsent({
    tellers: [
      ...(push ? [push.teller] : []),
      createHookTeller({ absences: store.absences, afterS, onRecorded: onCommit }),
    ],
    afterS,
    now,
  });
  const pushes = createPushes({ ...store, publicKey: push?.publicKey ?? null });

  const typing = createTyping({ hub, now });
  const { emit } = hub;
  const rooms = createRooms({ ...store, presence, emit, onChange: observers.onRoomChange });
  const members = createMembers({
    ...{ ...store, presence, emit, onChange: observers.onMemberChange },
    ...{ rejoinPauseS: env.REJOIN_PAUSE_S, now: () => clock.now() },
  });
  const spacingMs = () => spacingShare() * env.COMMIT_MS;
  const committing = { now, newId: randomUUID, spacingMs, observe: observers.messages };
  const filter = createFilter(env);
  const stored = createMessages({ ...store, filter, emit, ...committing });
  const messages = observers.counted(stored);
  const changes = createChanges({
    messages: store.messages,
    filter,
    emit,
    isOn: env.CHANGES,
    editWindowS: env.EDIT_WINDOW_S,
    known: hub.messageInMemory,
    onChange: counts.changed,
  });
  const uploads = createUploads({
    ...files,
    uploads: store.uploads,
    messages: stored,
    filter,
    refusalOfType,
    newId: randomUUID,
    now: () => clock.now(),
    maxBytes: env.UPLOAD_MAX_BYTES,
    perHour: env.RATE_UPLOADS_PER_HOUR,
    userBytes: env.UPLOAD_MAX_USER_BYTES,
    onOutcome: counts.uploaded,
  });
  const restrictions = createRestrictions({
    ...{ restrictions: store.restrictions, rooms: store.rooms, members: store.members, emit },
    onChange: observers.onModeration,
  });
  const retention = createRetention({
    ...{ retention: store.retention, messageDays: env.RETENTION_DAYS, roomDays: env.ROOM_DAYS },
    onRemoved: observers.onRetired,
    onRoomRemoved(roomId) {
      emit({ kind: 'removed', roomId });
      observers.onRoomChange('removed', { roomId });
    },
  });
  const people = createPeople({ people: store.people, emit });
  const reports = createReports({
    reports: store.reports,
    linksTo: uploads.linksTo,
    keptDays: env.REPORT_DAYS,
    onChange(event, fields) {
      observers.onModeration(event, fields);
      onCommit();
    },
  });
  const admins = createAdmins({
    ...{ restrictions: store.restrictions, now, onFailure: (error) => failed('note of an admin', error) },
  });
  const onRefused = () => counts.messageRefused('RATE_LIMITED');
  const perAddress = env.RATE_ANONYMOUS_PER_SECOND;
  const limits = {
    messages: createRateLimit({ perSecond: env.RATE_MESSAGES_PER_SECOND, now, onRefused }),
    changes: createChangeRate({ perSecond: env.RATE_CHANGES_PER_SECOND, now }),
    watches: createChangeRate({ perSecond: env.RATE_CHANGES_PER_SECOND, now }),
    anonymous: createRateLimit({ perSecond: perAddress, burst: perAddress * 10, now }),
  };
  const rates = createRates(limits);
  function sweepRates(): void {
    for (const limit of Object.values(limits)) limit.sweep();
  }
  const tickets = createTickets({ tickets: store.tickets, newTicket: () => randomBytes(32).toString('base64url') });

  const visitors = createVisitors({
    ...{ visitors: store.visitors, emit, onChange: observers.onMemberChange, onFailure: failed },
    here: () =>
      [...sessions.all()].flatMap(({ userId, visited }) => Array.from(visited, (roomId) => ({ roomId, userId }))),
    ...{ graceS: env.VISITOR_GRACE_S, renewDays: env.ANONYMOUS_RENEW_DAYS },
  });

  return {
    visitors,
    ...{ counts, observers, store, queues, links, sessions, flusher, hub, overview, connections },
    ...{ presenceTick, watcherTick },
    ...{
      restrictions,
      reports,
      admins,
      search,
      indexMessages,
      sealTexts,
      push,
      pushes,
      hooks,
      tellAbsent,
      uploads,
      retention,
      people,
      localFiles: files.local,
    },
    ...{ rooms, members, messages, changes, rates, sweepRates, typing, tickets },
  };
}
export type Domain = ReturnType<typeof createDomain>;
