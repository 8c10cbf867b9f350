import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { HttpServer } from './server/http-server.ts';

/** Milliseconds between looks at what is still open. */
const SWEEP_MS = 50;
/** Milliseconds of stopping in which a request may still arrive in full, and an answer be read. */
const HELD_UP_MS = 2_000;

/**
 * Lets stopping wait for answers and for nothing else. When a server closes, Node ends the connections that are idle at
 * that moment, and then waits: for those on which nothing was asked yet (HTTP clients and browsers open some ahead of
 * need) until `headersTimeout`, for those whose last answer was under way until `keepAliveTimeout`, and for ever for a
 * client that neither says all it began to say nor reads what it is told.
 */
export function endConnections(app: FastifyInstance, server: HttpServer): void {
  app.addHook('preClose', async () => {
    if (!server.listening) return;
    let sweeps = 0;
    /** Its request may be on its way: nothing is ended at first sight. */
    const seen = new WeakSet<Socket>();
    const sweep = () => {
      const held = ++sweeps * SWEEP_MS > HELD_UP_MS;
      for (const [socket, turns] of server.open) {
        const unasked = turns.unasked && socket.bytesRead === 0;
        if ((unasked && seen.has(socket)) || (held && turns.heldUp)) socket.destroy();
        seen.add(socket);
      }
      server.closeIdleConnections();
    };
    sweep();
    // After the reading of what has come.
    const timer = setInterval(() => setImmediate(sweep), SWEEP_MS);
    server.once('close', () => clearInterval(timer));
    // Who has connected is taken, and told, before the port closes.
    await new Promise((resolve) => setImmediate(resolve));
  });
}
