import type { AbsenceStore } from '../room/ports/absence-store.ts';
import type { Absent, PushStore } from '../room/ports/push-store.ts';
import type { AbsentTeller } from './tell-absent.ts';

/** Devices of one statement, and members of one event. */
const AT_ONCE = 1_000;

export interface DeviceTellerOptions {
  readonly pushes: Pick<PushStore, 'takeAbsent' | 'roomsBehind' | 'forget'>;
  readonly afterS: number;
  /** Whether the newest message's text is told. */
  readonly withText: boolean;
  /** Is handed each device that is to be told. */
  readonly tell: (absent: Absent) => void;
}

/** Tells devices that asked for it. */
export function createDeviceTeller({ pushes, afterS, withText, tell }: DeviceTellerOptions): AbsentTeller {
  return {
    roomsBehind: pushes.roomsBehind,
    async sweep() {
      for (let gone = AT_ONCE; gone === AT_ONCE; ) gone = await pushes.forget(AT_ONCE);
    },
    async take(roomIds) {
      for (let found: readonly Absent[] | null = null; found === null || found.length === AT_ONCE; ) {
        found = await pushes.takeAbsent(roomIds, { afterS, withText, limit: AT_ONCE });
        for (const absent of found) tell(absent);
      }
    },
  };
}

export interface HookTellerOptions {
  readonly absences: AbsenceStore;
  readonly afterS: number;
  /** Something is to be delivered. */
  readonly onRecorded: () => void;
}

/** Records events for webhooks. */
export function createHookTeller({ absences, afterS, onRecorded }: HookTellerOptions): AbsentTeller {
  return {
    roomsBehind: (roomId, limit) => absences.recentRooms(roomId, limit, afterS),
    async take(roomIds) {
      const found = await absences.rooms(roomIds, afterS);
      for (const roomId of found) {
        for (let told = AT_ONCE; told === AT_ONCE; ) told = await absences.record(roomId, afterS, AT_ONCE);
      }
      if (found.length > 0) onRecorded();
    },
  };
}
