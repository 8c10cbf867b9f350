import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ReceivedWebhook {
  readonly id: string;
  readonly body: { type: string; timestamp: string; data: Record<string, unknown> };
  /** What the signature is of. */
  readonly raw: string;
  readonly headers: Record<string, string>;
  /** `performance.now()` when all of it had come. */
  readonly at: number;
}

/** A status; or: never an answer, a torn connection, one that is ended half way, a redirect to elsewhere. */
export type WebhookBehaviour = number | 'hang' | 'reset' | 'half' | 'redirect';

export interface WebhookReceiver {
  readonly url: string;
  /** What was answered with 200, in the order in which it came. */
  readonly got: ReceivedWebhook[];
  /** Requests that have come. */
  asked(): number;
  close(): Promise<void>;
}

/** A receiver of webhooks on a port of its own. `answers`: what it does with the n-th request, which has that path. @default 200 to all */
export async function startWebhookReceiver(
  answers: (n: number, path: string) => WebhookBehaviour = () => 200,
): Promise<WebhookReceiver> {
  const got: ReceivedWebhook[] = [];
  let asked = 0;
  const server = createServer(async (request: IncomingMessage, response) => {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      // Whoever sent it was killed within it.
      return;
    }
    const raw = Buffer.concat(chunks).toString();
    const how = answers(asked++, request.url ?? '');
    if (how === 'hang') return;
    if (how === 'reset') return void request.socket.destroy();
    if (how === 'half') return void request.socket.end();
    if (how === 'redirect') return void response.writeHead(302, { location: '/elsewhere' }).end();
    if (how === 200) {
      const headers = request.headers as Record<string, string>;
      got.push({ id: headers['webhook-id']!, body: JSON.parse(raw), raw, headers, at: performance.now() });
    }
    response.writeHead(how).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    got,
    asked: () => asked,
    close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      return closed;
    },
  };
}
