import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { AbstractConnector } from 'ioredis';

/** Of ioredis' options what a connection needs. */
interface Place {
  readonly host?: string;
  readonly port?: number;
  readonly family?: number;
  readonly disconnectTimeout: number;
  readonly tls?: ConnectionOptions;
}

/**
 * Connects with TLS as ioredis does by itself, and hears of the socket's errors for as long as there are any. Without
 * that, a connection that is given up before its handshake is over may end the process: the server's alert comes when
 * ioredis has stopped listening.
 */
export class TlsConnector extends AbstractConnector {
  readonly #place: Place;

  constructor(options: unknown) {
    const place = options as Place;
    super(place.disconnectTimeout);
    this.#place = place;
  }

  override connect(): Promise<TLSSocket> {
    const { host, port, family, tls } = this.#place;
    this.connecting = true;
    return new Promise((resolve, reject) => {
      process.nextTick(() => {
        if (!this.connecting) return reject(new Error('Connection is closed.'));
        const socket = connect({ host, port, family, ...tls } as ConnectionOptions);
        socket.on('error', (error) => {
          this.firstError ??= error;
        });
        this.stream = socket;
        resolve(socket);
      });
    });
  }
}
