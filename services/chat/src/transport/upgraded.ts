import type { ServerResponse } from 'node:http';
import type { Socket as NetSocket } from 'node:net';
import type { FastifyRequest } from 'fastify';
import type { WebSocket } from 'ws';

/**
 * Lets go of the request that became a socket. The connection would keep it, its headers (a token among them), its
 * response, Fastify's objects and a logger of its own until it closes: measured, 8 KiB of the 20 KiB of an idle
 * connection (`pnpm bench s2`). What the plugin does on an error of the socket, the caller must do from here on.
 */
export function releaseUpgrade(ws: WebSocket, request: FastifyRequest): void {
  // The plugin's listener holds request and reply.
  ws.removeAllListeners('error');
  const connection: NetSocket & { _httpMessage?: ServerResponse | null } = request.raw.socket;
  // Made for an upgrade by the plugin, and never ended: nobody else would detach it.
  connection._httpMessage?.detachSocket(connection);
}
