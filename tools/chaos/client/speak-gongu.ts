import { heardOf, jsonOf } from './dial.ts';
import type { Speak } from './speech.ts';

interface Frame {
  readonly type?: string;
  readonly ref?: string;
  readonly seq?: number;
  readonly clientMessageId?: string;
  readonly messages?: readonly { readonly seq: number }[];
  readonly recovered?: boolean;
  readonly code?: string;
  readonly retryAfterMs?: number;
  readonly afterMs?: number;
}

/** gongu.v1 as docs/protocol.md asks for it. @param authenticates whether the first frame presents the token */
export function speakGongu(authenticates: boolean): Speak {
  return (call, send) => {
    const { roomId, token, after, hearing, random } = call;
    const write = (frame: object) => send(JSON.stringify(frame));
    const join = () => write({ type: 'join', ref: 'join', roomId, after: after() });

    function joined({ messages = [], recovered }: Frame): void {
      const first = messages[0]?.seq;
      if (!recovered && first !== undefined && first > after() + 1) hearing.restarted(first - 1);
      for (const message of messages) hearing.heard(heardOf(message)!);
      hearing.joined();
    }

    function failed({ ref, code = '', retryAfterMs }: Frame): void {
      if (ref === 'join') hearing.refused(null, code, retryAfterMs);
      else if (ref?.startsWith('m-')) hearing.refused(ref.slice(2), code, retryAfterMs);
      // With a room and no `ref`: the room was removed.
      else if (ref === undefined && code === 'NOT_FOUND') hearing.refused(null, code);
    }

    return {
      opened: () => authenticates && write({ type: 'auth', ref: 'auth', token }),
      receive(text) {
        const frame = jsonOf(text) as Frame | null;
        switch (frame?.type) {
          case 'ready':
            return join();
          case 'joined':
            return joined(frame);
          case 'message': {
            hearing.heard(heardOf(frame)!);
            if (random.chance(0.05)) write({ type: 'read', roomId, seq: frame.seq });
            return;
          }
          case 'resync':
            hearing.resynced();
            return join();
          case 'ack':
            return hearing.acked(frame.clientMessageId!, frame.seq!);
          case 'reconnect':
            return hearing.over('told to come back', frame.afterMs);
          case 'error':
            return failed(frame);
        }
      },
      say(id, content) {
        if (random.chance(0.1)) write({ type: 'typing', roomId, typing: true });
        write({ type: 'send', ref: `m-${id}`, roomId, clientMessageId: id, content });
      },
      ping: () => write({ type: 'ping', ref: 'ping' }),
    };
  };
}
