import { CLOSE, type EventOf, errorEvent } from '@gongu/shared';
import type { Codec, ProtocolKind, Step } from './codec.ts';

/**
 * The protocol of a socket: by its subprotocol, else by its first frame. Until that is known, nothing is said to the
 * client; a first frame of no known protocol is answered by a readable error and 4500.
 */
export function detectProtocol(kinds: readonly ProtocolKind[], subprotocol: string | null): Codec {
  const agreed = subprotocol === null ? undefined : kinds.find((kind) => kind.subprotocols.includes(subprotocol));
  if (agreed) return agreed.create({ subprotocol });
  let found: Codec | null = null;
  /** The upgrade named the user, before anyone knew how to say so. */
  let ready: EventOf<'ready'> | null = null;

  const receive = (frame: string | Uint8Array): Iterable<Step> => {
    if (found) return found.receive(frame);
    if (frame.length === 0) return [];
    const kind = kinds.find((candidate) => candidate.sniff(frame));
    if (!kind) return [unknown()];
    found = kind.create({ subprotocol: null });
    const first = ready ? found.render(ready).texts : [];
    const steps = found.receive(frame);
    return first.length === 0 ? steps : after(first, steps);
  };

  return {
    get protocol() {
      return found?.protocol ?? 'undecided';
    },
    get resyncs() {
      return found?.resyncs ?? false;
    },
    get heartbeat() {
      return found?.heartbeat ?? null;
    },
    renderKey: (roomId) => found?.renderKey(roomId) ?? '',
    receive,
    unended: (silentMs) => found?.unended?.(silentMs),
    render(event) {
      if (found) return found.render(event);
      if (event.type === 'ready') ready = event;
      return { texts: [] };
    },
    cut: (answer, room) => found?.cut?.(answer, room) ?? answer,
    ended: (roomId, why) => found?.ended?.(roomId, why),
  };
}

function* after(replies: readonly string[], steps: Iterable<Step>): Iterable<Step> {
  for (const text of replies) yield { kind: 'reply', text };
  yield* steps;
}

function unknown(): Step {
  const error = errorEvent('BAD_FRAME', 'The first frame is of no protocol spoken here');
  return { kind: 'close', code: CLOSE.badFrame, reason: 'unknown protocol', texts: [JSON.stringify(error)] };
}

/** The best subprotocol both sides speak, in the server's order; null when there is none. */
export function chooseSubprotocol(kinds: readonly ProtocolKind[], offered: Iterable<string>): string | null {
  const wanted = new Set(offered);
  for (const kind of kinds) for (const name of kind.subprotocols) if (wanted.has(name)) return name;
  return null;
}
