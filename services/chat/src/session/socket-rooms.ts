import { Ordered } from './ordered.ts';

/** What one socket does in its rooms. A class with few parts: there is one for every connection. */
export class SocketRooms {
  readonly joined = new Set<string>();
  readonly ordered = new Ordered();
  /** Made when first used, as most sockets only listen. */
  typing: Map<string, { until: number; passedAt: number }> | null = null;
  /** Sends under way, by room: fulfilled when all of them are answered. */
  #sending: Map<string, Promise<unknown>> | null = null;

  /** A send was begun; `done` must not reject. */
  noteSend(roomId: string, done: Promise<void>): void {
    this.#sending ??= new Map();
    const sending = this.#sending;
    const all: Promise<unknown> = Promise.all([sending.get(roomId), done]).then(() => {
      if (sending.get(roomId) === all) sending.delete(roomId);
    });
    sending.set(roomId, all);
  }

  /** Fulfilled when all sends to the room that are under way now are answered. */
  async sent(roomId: string): Promise<void> {
    await this.#sending?.get(roomId);
  }
}
