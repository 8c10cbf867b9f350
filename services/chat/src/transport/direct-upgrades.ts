import type { IncomingMessage } from 'node:http';
import type { Socket as NetSocket } from 'node:net';
import type { WebSocket, WebSocketServer } from 'ws';
import { isHandshake } from './handshake-headers.ts';
import type { HandshakeWatch } from './handshake-watch.ts';
import type { UpgradeRequest } from './upgrade-request.ts';

/** Where upgrades can be taken before the app's routes are looked at. */
export interface Ahead {
  /** `take`: null where it is not his; true where the connection is a socket now, or gone. Never rejects. */
  takeBy(take: (raw: IncomingMessage, socket: NetSocket, head: Buffer) => Promise<boolean> | null): void;
  /** Null: hooks of the app have something to say about the request. */
  callerOf(raw: IncomingMessage): Pick<UpgradeRequest, 'id' | 'ip' | 'ips'> | null;
}

export interface DirectUpgradesOptions {
  readonly server: WebSocketServer;
  readonly handshakes: HandshakeWatch;
  readonly ahead: Ahead;
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
 * together, hooks, a request, a reply and a logger of its own for each are a good part of what an opening costs
 * (`pnpm bench s2 --profile`). One with anything wrong about it goes the whole way, so that there is one place that
 * refuses; what it is refused with is found once.
 */
export function createDirectUpgrades({ server, handshakes, ahead, refusal, onFailure }: DirectUpgradesOptions) {
  const routes = new Map<string, DirectRoute>();
  const refusals = new WeakMap<IncomingMessage, { readonly error: unknown }>();

  function routeOf(raw: IncomingMessage): DirectRoute | undefined {
    const url = raw.url!;
    // What is escaped is looked at by hooks of all routes.
    if (url.includes('%') || refusal()) return undefined;
    const at = url.indexOf('?');
    const route = routes.get(at < 0 ? url : url.slice(0, at));
    return route && isHandshake(raw.headers) ? route : undefined;
  }

  async function open(
    { check, serve }: DirectRoute,
    request: UpgradeRequest,
    socket: NetSocket,
    head: Buffer,
  ): Promise<boolean> {
    const { raw } = request;
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
    // Before `ws` listens too: of the three listeners that a list of them then had place for twenty.
    handshakes.done(socket);
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

  ahead.takeBy((raw, socket, head) => {
    const route = routeOf(raw);
    const caller = route && ahead.callerOf(raw);
    return caller ? open(route, { ...caller, raw, headers: raw.headers, url: raw.url! }, socket, head) : null;
  });

  return {
    /** Has upgrades of this URL go past its route. */
    add: (url: string, route: DirectRoute): void => void routes.set(url, route),
    /** Throws what the upgrade was refused with before it came to its route. */
    refuseAgain(raw: IncomingMessage): void {
      const refused = refusals.get(raw);
      if (refused) throw refused.error;
    },
  };
}
