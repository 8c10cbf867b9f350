import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/** Milliseconds between looks at what is still open. */
const SWEEP_MS = 50;

/**
 * Lets stopping wait for answers and for nothing else. When a server closes, Node ends the connections that are idle at
 * that moment, and then waits: for those on which nothing was asked yet (HTTP clients and browsers open some ahead of
 * need) until `headersTimeout`, and for those whose last answer was under way until `keepAliveTimeout`.
 */
export function endConnections(app: FastifyInstance): void {
  const { server } = app;
  const silent = new Set<Socket>();
  server.on('connection', (socket) => {
    silent.add(socket);
    socket.once('close', () => silent.delete(socket));
  });
  for (const event of ['request', 'upgrade']) {
    server.on(event, ({ socket }: { socket: Socket }) => silent.delete(socket));
  }

  app.addHook('preClose', async () => {
    if (!server.listening) return;
    const sweep = () => {
      for (const socket of silent) socket.destroy();
      server.closeIdleConnections();
    };
    sweep();
    const timer = setInterval(sweep, SWEEP_MS);
    server.once('close', () => clearInterval(timer));
  });
}
