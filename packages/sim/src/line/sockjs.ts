import SockJS from 'sockjs-client';
import type { Dial, Speak } from './line.ts';

export type SockJsTransport = 'websocket' | 'xhr-streaming' | 'xhr-polling' | 'eventsource';

/** Texts over SockJS with one transport, by the library that browsers load. */
export function overSockJs(transport: SockJsTransport, speak: Speak, base = '/ws/chat'): Dial {
  return (call) => {
    const { url, token, handlers } = call;
    const socket = new SockJS(`${url}${base}?token=${token}`, null, { transports: transport, timeout: 10_000 });
    const speech = speak(call, (text) => {
      if (socket.readyState === SockJS.OPEN) socket.send(text);
    });
    socket.onopen = () => speech.opened();
    socket.onmessage = ({ data }) => {
      handlers.onAlive(String(data));
      speech.receive(String(data));
    };
    socket.onclose = ({ code, reason }) => handlers.onOver(reason || `closed ${code}`, { code });
    return { say: speech.say, ping: speech.ping, end: () => socket.close() };
  };
}

/**
 * A client that minds `seq`: when a number is left out it connects anew and asks for what came after the last one, as
 * docs/guarantees.md tells clients of SockJS's eventsource to do. sockjs-client takes a response that the network cut
 * short for one that the server ended, and goes on with the next one.
 */
export const mindingSeq =
  (dial: Dial): Dial =>
  (call) =>
    dial({
      ...call,
      handlers: {
        ...call.handlers,
        onMessage(message) {
          if (message.seq > call.after() + 1) call.handlers.onOver('something was left out');
          else call.handlers.onMessage(message);
        },
      },
    });
