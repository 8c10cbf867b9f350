import { LIMITS, type Participant } from '@gongu/shared';
import { failure, type Result, success } from '../chat-error.ts';
import type { Link } from '../connection/link.ts';
import type { Rest } from '../rest.ts';
import type { RoomAction } from './reduce-room.ts';
import type { RoomState } from './room-state.ts';

export interface RoomHistoryOptions {
  readonly roomId: string;
  readonly link: () => Link | null;
  readonly rest: Rest;
  readonly state: () => RoomState;
  readonly reduce: (action: RoomAction) => void;
  /** What is being loaded changed. */
  readonly onChange: () => void;
  /** Shows those who listen what has been loaded: a promise must not resolve before they know. */
  readonly tell: () => void;
}

/** What a room's snapshot does not hold yet: older and newer pages, and the participants beyond the first hundred. */
export function createRoomHistory(options: RoomHistoryOptions) {
  const { roomId, link, rest, state, reduce, onChange, tell } = options;
  let isLoadingOlder = false;
  let isLoadingNewer = false;

  function load(
    where: 'older' | 'newer' | 'elsewhere',
    range: { before?: number; after?: number },
  ): Promise<Result<number>> {
    const ready = link();
    if (!ready) return Promise.resolve(failure('CONNECTION_LOST', 'There is no connection'));
    const mark = (on: boolean) => {
      if (where === 'older') isLoadingOlder = on;
      else isLoadingNewer = on;
    };
    mark(true);
    onChange();
    return new Promise((resolve) => {
      ready.ask({ type: 'history', roomId, ...range, limit: LIMITS.pageSize }, (answer) => {
        mark(false);
        if (answer.ok) reduce({ ...answer.value, where });
        onChange();
        tell();
        resolve(answer.ok ? success(answer.value.messages.length) : answer);
      });
    });
  }

  function loadNewer(): Promise<Result<number>> {
    const { messages, atTail } = state();
    const last = messages.at(-1)?.seq;
    if (atTail || isLoadingNewer || last === undefined) return Promise.resolve(success(0));
    return load('newer', { after: last });
  }

  return {
    get isLoadingOlder(): boolean {
      return isLoadingOlder;
    },
    get isLoadingNewer(): boolean {
      return isLoadingNewer;
    },

    /** The page before the first message at hand. `value`: how many came; 0 where there is none or one is on its way. */
    loadOlder(): Promise<Result<number>> {
      const { messages, hasOlder } = state();
      const first = messages[0]?.seq;
      if (!hasOlder || isLoadingOlder || first === undefined) return Promise.resolve(success(0));
      return load('older', { before: first });
    },

    loadNewer,

    /** Shows the messages around `seq`, which is among them; null: the newest. */
    async jumpTo(seq: number | null): Promise<Result<number>> {
      const { messages, atTail } = state();
      const here = messages.some((message) => message.seq === seq);
      if (here || (seq === null && atTail)) return success(0);
      const around = await load('elsewhere', seq === null ? {} : { before: seq + 1 });
      if (around.ok && seq !== null) await loadNewer();
      return around;
    },

    /** All participants, of a room that has more than a join tells. */
    async loadParticipants(): Promise<Result<number>> {
      let cursor = '';
      let count = 0;
      for (;;) {
        const path = `/rooms/${encodeURIComponent(roomId)}/participants?limit=${LIMITS.listMax}${cursor}`;
        const page = await rest.request<{ items: Participant[]; nextCursor: string | null }>('GET', path);
        if (!page.ok) return page;
        const { items, nextCursor } = page.value.body;
        reduce({ type: 'participants', participants: items });
        count += items.length;
        if (nextCursor === null) return success(count);
        cursor = `&cursor=${encodeURIComponent(nextCursor)}`;
      }
    },
  };
}
