import type { Channel, Transport } from './transport.ts';

/** A transport whose code is loaded with its first use. Code that can't be had counts as a channel that never opened. */
export function createLazyTransport(name: string, load: () => Promise<Transport>): Transport {
  return {
    name,
    open(token, hearer) {
      let channel: Channel | null = null;
      let isClosed = false;
      load().then(
        (transport) => {
          if (!isClosed) channel = transport.open(token, hearer);
        },
        (error) => {
          if (!isClosed) hearer.closed(1006, String(error));
        },
      );
      return {
        send: (command) => channel?.send(command),
        close() {
          isClosed = true;
          channel?.close();
        },
      };
    },
  };
}
