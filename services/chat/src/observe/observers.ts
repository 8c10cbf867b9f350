import { isUnavailable, type Logger } from '@gongu/host';
import { AppError } from '@gongu/shared';
import type { HubOptions } from '../hub/hub.ts';
import type { MembersOptions } from '../room/members.ts';
import type { Messages, MessagesOptions } from '../room/messages.ts';
import type { RoomsOptions } from '../room/rooms.ts';
import type { SessionLog } from '../session/session-options.ts';
import type { ChatMetrics } from './metrics.ts';

/** Rooms and texts of which it is remembered that they were told. */
const TOLD = 1_000;

/** Hears of what is stored sealed and can not be opened. */
interface ContentObserver {
  onUnopened(reason: 'key_unknown' | 'key_wrong', roomId: string, keyId: string): void;
  onAltered(roomId: string, id: string): void;
}

/** What becomes of what the parts tell: lines of the log, and numbers. `now`: the time of day, for times of the database. */
export function createObservers({ log, counts, now }: { log: Logger; counts: ChatMetrics; now: () => number }) {
  function failed(what: string, error: unknown): void {
    // While PostgreSQL is away every poll fails; one line each is what the log can bear.
    if (isUnavailable(error)) log.warn({ what }, 'the store does not answer');
    else log.error({ what, err: error }, 'failed');
  }
  const hub: HubOptions['observe'] = {
    delivered(roomId, events, sockets, oldest) {
      if (sockets > 0) counts.delivered(events * sockets, oldest === null ? null : now() - Date.parse(oldest));
      if (log.isLevelEnabled('debug')) log.debug({ event: 'fan-out', roomId, events, sockets }, 'fan-out');
    },
    repaired: () => counts.repaired(),
    resynced: () => counts.resynced(),
    failed,
  };
  const messages: MessagesOptions['observe'] = {
    appended: counts.appended,
    stored(stored) {
      counts.accepted(stored.length);
      if (!log.isLevelEnabled('debug')) return;
      for (const { roomId, seq, sender } of stored) {
        log.debug({ event: 'message.stored', roomId, seq, userId: sender?.userId ?? null }, 'message stored');
      }
    },
  };
  const onRoomChange: RoomsOptions['onChange'] = (event, { roomId }) => {
    log.info({ event: `room.${event}`, roomId }, `room ${event}`);
  };
  const onMemberChange: MembersOptions['onChange'] = (event, fields) => log.info({ event, ...fields }, event);

  const onModeration = (
    event: string,
    fields: { roomId?: string; userId: string | null; byUserId: string | null; reportId?: string },
  ) => {
    counts.moderated(event);
    log.info({ event, ...fields }, event);
  };

  const told = new Set<string>();
  /** Whether nothing was said of it yet: it is read again and again, and a line each would fill the log. */
  function isNew(what: string): boolean {
    if (told.has(what)) return false;
    if (told.size >= TOLD) told.clear();
    told.add(what);
    return true;
  }
  const content: ContentObserver = {
    onUnopened(reason, roomId, keyId) {
      counts.unreadable(reason);
      if (!isNew(roomId)) return;
      log.error({ event: 'content.unreadable', reason, roomId, keyId }, "a room's key can not be opened");
    },
    onAltered(roomId, id) {
      counts.unreadable('altered');
      if (!isNew(`${roomId} ${id}`)) return;
      log.error(
        { event: 'content.unreadable', reason: 'altered', roomId, id },
        'a text was altered where it is stored',
      );
    },
  };

  const session: SessionLog = {
    authenticated: (fields) => log.info({ event: 'session.authenticated', ...fields }, 'session authenticated'),
    closed(fields) {
      counts.closed(fields.code);
      log.info({ event: 'session.closed', ...fields }, 'session closed');
    },
    refused(fields) {
      counts.refused(fields.code);
      log.debug({ event: 'command.refused', ...fields }, 'command refused');
    },
    note: (fields, note, more) => log.info({ event: note, ...fields, ...more }, note),
    failed(fields, error) {
      counts.refused('INTERNAL');
      log.error({ event: 'command.failed', ...fields, err: error }, 'command failed');
    },
    unsayable(fields, error) {
      counts.unsayable(fields.protocol);
      const { name, stack = '' } = error instanceof Error ? error : { name: typeof error };
      // Not its message, which may quote what could not be rendered.
      const at = stack.split('\n').filter((line) => /^ {4}at /.test(line));
      log.error({ event: 'render.failed', ...fields, error: name, at }, 'an event can not be rendered');
    },
  };

  return {
    failed,
    content,
    session,
    hub,
    messages,
    onRoomChange,
    onMemberChange,
    onModeration,
    onRetired: counts.retired,

    /** The same use cases; messages that come to nothing are counted, whatever they came by. */
    counted<T extends Pick<Messages, 'send'>>(stored: T): T {
      const send: Messages['send'] = async (...sending) => {
        try {
          return await stored.send(...sending);
        } catch (error) {
          counts.messageRefused(
            error instanceof AppError ? error.code : isUnavailable(error) ? 'UNAVAILABLE' : 'INTERNAL',
          );
          throw error;
        }
      };
      return { ...stored, send };
    },
  };
}
