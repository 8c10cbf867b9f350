import type { ChatError, PushState, Result } from '@gongu/client';
import { useCallback, useEffect, useRef, useState } from 'react';
import { useChatClient } from './chat-context.ts';

export interface RoomPush {
  /** Null until it is known. */
  readonly state: PushState | null;
  /** Why the last question or change came to nothing. */
  readonly error: ChatError | null;
  /** Call it from what the user does: his browser may ask him. */
  set(on: boolean): void;
}

const UNKNOWN = { state: null, error: null };

/**
 * Whether this browser is told by push of what is unread in a room. The page needs a service worker that shows pushes;
 * without one it is `unsupported`.
 */
export function useRoomPush(roomId: string): RoomPush {
  const { push } = useChatClient();
  const [known, setKnown] = useState<Omit<RoomPush, 'set'>>(UNKNOWN);
  /** Of what was asked last: earlier answers say nothing any more. */
  const asked = useRef(0);
  const tell = useCallback(async (answer: Promise<Result<PushState>>, otherwise: PushState) => {
    const turn = ++asked.current;
    const result = await answer;
    if (turn !== asked.current) return;
    setKnown(result.ok ? { state: result.value, error: null } : { state: otherwise, error: result.error });
  }, []);
  useEffect(() => {
    setKnown(UNKNOWN);
    void tell(push.state(roomId), 'off');
    return () => {
      asked.current++;
    };
  }, [push, roomId, tell]);
  const set = useCallback(
    (on: boolean) => {
      // At once, and undone where it comes to nothing.
      setKnown({ state: on ? 'on' : 'off', error: null });
      void tell(push.set(roomId, on), on ? 'off' : 'on');
    },
    [push, roomId, tell],
  );
  return { ...known, set };
}
