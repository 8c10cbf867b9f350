import { jsonOf, LOBBY, messageOf, type Speak } from './line.ts';

/** Destinations of a room: to subscribe to, and to send to. */
export interface StompDestinations {
  readonly subscribe: (roomId: string) => string;
  readonly send: (roomId: string) => string;
  /** Of CONNECT, as in "1.0,1.1,1.2". */
  readonly versions: string;
  /** Of CONNECT: milliseconds between what it sends, and between what it wants. @default '5000,10000' */
  readonly heartBeat?: string;
}

export const SPRING: StompDestinations = {
  subscribe: (roomId) => `/topic/chat/${roomId}`,
  send: (roomId) => `/app/chat/${roomId}`,
  versions: '1.1,1.2',
};
export const CHANNELS: StompDestinations = {
  subscribe: (roomId) => `/sub/channel/${roomId}`,
  send: () => '/pub/chat',
  versions: '1.0',
};

/** STOMP, frame by frame: a receipt for what is said says that it is stored. */
export function speakStomp(destinations: StompDestinations): Speak {
  const { subscribe, send: sendTo, versions, heartBeat = '5000,10000' } = destinations;
  return ({ roomId, token, after, handlers }, send) => {
    const write = (command: string, headers: Readonly<Record<string, string>>, body = '') =>
      send(
        `${command}\n${Object.entries(headers)
          .map(([name, value]) => `${name}:${value}\n`)
          .join('')}\n${body}\0`,
      );
    let pings = 0;
    let rest = '';
    let joined = false;

    function connected(): void {
      write('SUBSCRIBE', { id: 'errors', destination: '/user/queue/errors' });
      const headers = { id: 'room', destination: subscribe(roomId), after: String(after()), receipt: 'join' };
      write('SUBSCRIBE', headers);
    }

    function failed(receipt: string | undefined, code: string, retryAfterMs?: number): void {
      if (receipt === 'join') handlers.onRefused(null, code, retryAfterMs);
      else if (receipt?.startsWith('m-')) handlers.onRefused(receipt.slice(2), code, retryAfterMs);
    }

    function take(frame: string): void {
      const { command, headers, body } = parse(frame);
      const receipt = headers.get('receipt-id');
      switch (command) {
        case 'CONNECTED':
          return connected();
        case 'RECEIPT':
          if (receipt === 'join') {
            joined = true;
            handlers.onJoined();
          } else if (receipt?.startsWith('m-')) handlers.onAck(receipt.slice(2), null);
          return;
        case 'MESSAGE': {
          const message = jsonOf(body);
          if (headers.get('subscription') === 'errors') {
            return failed(receipt, String(message?.code), message?.retryAfterMs as number | undefined);
          }
          const got = messageOf(message);
          if (!got) return;
          // What comes before the receipt is a recovery; without the header it is not all that was missed.
          const whole = joined || headers.get('recovered') === 'true';
          if (!whole && got.seq > after() + 1) handlers.onRestarted(got.seq - 1);
          return handlers.onMessage(got);
        }
        case 'ERROR':
          failed(receipt, headers.get('message') ?? '');
          return handlers.onOver(`ERROR ${headers.get('message')}`);
      }
    }

    return {
      opened: () =>
        write('CONNECT', { 'accept-version': versions, host: 'chat', 'heart-beat': heartBeat, passcode: token }),
      receive(text) {
        const parts = (rest + text).split('\0');
        rest = parts.pop()!.replace(/^\n+/, '');
        for (const part of parts) take(part.replace(/^\n+/, ''));
      },
      say: (id, content, mentions) =>
        write(
          'SEND',
          { destination: sendTo(roomId), receipt: `m-${id}`, 'content-type': 'application/json' },
          JSON.stringify({ ...(roomId === LOBBY ? {} : { roomId }), content, clientMessageId: id, mentions }),
        ),
      ping() {
        pings += 1;
        send('\n');
        // A heart-beat wants no answer, and a receipt is one.
        if (pings % 2 === 0)
          write('ACK', { id: String(pings), 'message-id': String(pings), subscription: 'room', receipt: 'ping' });
      },
    };
  };
}

function parse(frame: string): { command: string; headers: Map<string, string>; body: string } {
  const end = frame.indexOf('\n\n');
  const [command = '', ...lines] = frame.slice(0, end < 0 ? undefined : end).split('\n');
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon);
    // STOMP 1.2, Repeated Header Entries: the first one counts.
    if (!headers.has(name)) headers.set(name, line.slice(colon + 1));
  }
  return { command, headers, body: end < 0 ? '' : frame.slice(end + 2) };
}
