import type { IncomingMessage } from 'node:http';
import type { Socket as NetSocket } from 'node:net';
import { createCallerAddresses, faultOfHead, type TakeUpgrade } from '@gongu/host';
import type { WebSocket, WebSocketServer } from 'ws';
import { isHandshake } from './handshake-headers.ts';
import type { HandshakeWatch } from './handshake-watch.ts';
import { DirectRequest, type UpgradeRequest } from './upgrade-request.ts';

export interface DirectUpgradesOptions {
  readonly server: WebSocketServer;
  readonly handshakes: HandshakeWatch;
  /** Whose `X-Forwarded-For` is believed. */
  readonly trustProxy: boolean | string[];
  /** What no upgrade gets past any more; null while it does. */
  readonly refusal: () => Error | null;
  /** A socket could not be served; it is being ended. */
  readonly onFailure: (error: unknown) => void;
}

/** The two halves of an upgrade. */
export interface DirectRoute {
  /** Before it; throws what it is refused with. */
  readonly check: (request: UpgradeRequest) => Promise<void>;
  readonly serve: (ws: WebSocket, request: UpgradeRequest) => void;
}

/**
 * Upgrades that go past Fastify's routes: those that will be let in, on URLs without parameters. When all come back
 * together, hooks, a request, a reply and a logger of its own for each took a fifth of what an opening costs. One with
 * anything wrong about it goes the whole way, so that there is one place that refuses; what it is refused with is found
 * once.
 */
export function createDirectUpgrades({ server, handshakes, trustProxy, refusal, onFailure }: DirectUpgradesOptions) {
  const routes = new Map<string, DirectRoute>();
  const refusals = new WeakMap<IncomingMessage, { readonly error: unknown }>();
  const addressesOf = createCallerAddresses(trustProxy);

  function routeOf(raw: IncomingMessage): DirectRoute | undefined {
    const url = raw.url!;
    // What is escaped is looked at by hooks of all routes.
    if (url.includes('%') || refusal()) return undefined;
    const at = url.indexOf('?');
    const route = routes.get(at < 0 ? url : url.slice(0, at));
    return route && isHandshake(raw.headers) && !faultOfHead(raw) ? route : undefined;
  }

  async function open(
    { check, serve }: DirectRoute,
    raw: IncomingMessage,
    socket: NetSocket,
    head: Buffer,
  ): Promise<boolean> {
    const request = new DirectRequest(raw, addressesOf(raw));
    handshakes.begin(raw, socket);
    try {
      await check(request);
      const tooLate = refusal();
      if (tooLate) throw tooLate;
    } catch (error) {
      refusals.set(raw, { error });
      handshakes.done(socket);
      return false;
    }
    if (socket.destroyed) return true;
    // The answer to the upgrade and what a session says first leave as one write.
    socket.cork();
    setImmediate(() => socket.uncork());
    server.handleUpgrade(raw, socket, head, (ws) => {
      server.emit('connection', ws, raw);
      try {
        serve(ws, request);
      } catch (error) {
        onFailure(error);
        ws.terminate();
      }
    });
    return true;
  }

  const take: TakeUpgrade = (raw, socket, head) => {
    const route = routeOf(raw);
    return route ? open(route, raw, socket, head) : null;
  };

  return {
    take,
    /** Has upgrades of this URL go past its route. */
    add: (url: string, route: DirectRoute): void => void routes.set(url, route),
    /** Throws what the upgrade was refused with before it came to its route. */
    refuseAgain(raw: IncomingMessage): void {
      const refused = refusals.get(raw);
      if (refused) throw refused.error;
    },
  };
}
