import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { FastifyInstance } from 'fastify';

/** Milliseconds until a request to upgrade must have become a socket, or been refused and read. */
const HANDSHAKE_MS = 10_000;
/** The same of a server that closes. */
const LAST_HANDSHAKE_MS = 2_000;

export interface HandshakeWatch {
  begin(request: IncomingMessage, connection: Duplex): void;
  done(connection: Duplex): void;
}

/**
 * Ends connections whose upgrade did not become a socket. Node hands the connection over with the upgrade, and the plugin
 * gives back only those whose request came as far as its own hooks: others would stay for ever.
 */
export function watchHandshakes(app: FastifyInstance): HandshakeWatch {
  const open = new Map<Duplex, { request: IncomingMessage; timer: NodeJS.Timeout }>();
  function onClose(this: Duplex): void {
    done(this);
  }
  const done = (connection: Duplex) => {
    clearTimeout(open.get(connection)?.timer);
    open.delete(connection);
    connection.off('close', onClose);
  };
  const begin = (request: IncomingMessage, connection: Duplex) => {
    const timer = setTimeout(() => connection.destroy(), HANDSHAKE_MS).unref();
    open.set(connection, { request, timer });
    connection.on('close', onClose);
  };
  app.server.on('upgrade', begin);
  app.addHook('onResponse', async (request) => {
    // Not of one before it on the same connection, whose answer has just gone.
    const { socket } = request.raw;
    if (open.get(socket)?.request === request.raw) socket.destroySoon();
  });
  app.addHook('preClose', async () => {
    // They are about to be answered, unless their client does not read.
    const end = () => {
      for (const connection of open.keys()) connection.destroy();
    };
    if (open.size > 0) setTimeout(end, LAST_HANDSHAKE_MS).unref();
  });
  return { begin, done };
}
