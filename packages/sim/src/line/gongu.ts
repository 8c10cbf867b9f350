import { jsonOf, messageOf, type Speak } from './line.ts';

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
  readonly afterSeq?: number;
}

/** gongu.v1 as docs/protocol.md asks for it. @param authenticates whether the first frame presents the token */
export function speakGongu(authenticates: boolean): Speak {
  return (call, send) => {
    const { roomId, token, after, handlers, random } = call;
    const write = (frame: object) => send(JSON.stringify(frame));
    const join = () => write({ type: 'join', ref: 'join', roomId, after: after() });

    function joined({ messages = [], recovered }: Frame): void {
      const first = messages[0]?.seq;
      if (!recovered && first !== undefined && first > after() + 1) handlers.onRestarted(first - 1);
      for (const message of messages) handlers.onMessage(messageOf(message)!);
      handlers.onJoined();
    }

    function failed({ ref, code = '', retryAfterMs }: Frame): void {
      if (ref === 'join') handlers.onRefused(null, code, retryAfterMs);
      else if (ref?.startsWith('m-')) handlers.onRefused(ref.slice(2), code, retryAfterMs);
      // With a room and no `ref`: the room was removed.
      else if (ref === undefined && code === 'NOT_FOUND') handlers.onRefused(null, code);
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
            handlers.onMessage(messageOf(frame)!);
            if (random.chance(0.05)) write({ type: 'read', roomId, seq: frame.seq });
            return;
          }
          case 'resync':
            handlers.onResync(frame.afterSeq!);
            return join();
          case 'ack':
            return handlers.onAck(frame.clientMessageId!, frame.seq!);
          case 'reconnect':
            return handlers.onOver('told to come back', { waitMs: frame.afterMs });
          case 'error':
            return failed(frame);
        }
      },
      say(id, content, mentions) {
        if (random.chance(0.1)) write({ type: 'typing', roomId, typing: true });
        write({ type: 'send', ref: `m-${id}`, roomId, clientMessageId: id, content, mentions });
      },
      ping: () => write({ type: 'ping', ref: 'ping' }),
    };
  };
}
