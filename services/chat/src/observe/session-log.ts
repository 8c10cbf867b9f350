import type { Logger } from '@gongu/host';
import type { SessionLog } from '../session/session-options.ts';

export interface SessionLogOptions {
  readonly log: Logger;
  /** Hears of each command that was answered with an error. */
  readonly onRefused: (code: string) => void;
  /** Hears of each session that ended, by its close code. */
  readonly onClosed: (code: number) => void;
}

/** The lines of sessions. */
export function createSessionLog({ log, onRefused, onClosed }: SessionLogOptions): SessionLog {
  return {
    authenticated: (fields) => log.info({ event: 'session.authenticated', ...fields }, 'session authenticated'),
    closed(fields) {
      onClosed(fields.code);
      log.info({ event: 'session.closed', ...fields }, 'session closed');
    },
    refused(fields) {
      onRefused(fields.code);
      log.debug({ event: 'command.refused', ...fields }, 'command refused');
    },
    note: (fields, note, more) => log.info({ event: note, ...fields, ...more }, note),
    failed: (fields, error) => log.error({ event: 'command.failed', ...fields, err: error }, 'command failed'),
  };
}
