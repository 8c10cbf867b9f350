import type { Bus, Signal } from '../room/ports/bus.ts';

/**
 * One bus for several parts of an instance. Each branch hears what it follows itself, and a channel is followed as long
 * as one of them wants it. Closing a branch ends its interest; the bus itself is closed by whoever made it.
 */
export function createSharedBus(bus: Bus): { branch(): Bus } {
  const followers = new Map<string, Set<object>>();
  const branches: ((signal: Signal) => void)[] = [];
  bus.listen((signal) => {
    for (const heard of branches) heard(signal);
  });

  function unfollow(roomId: string, branch: object): void {
    const all = followers.get(roomId);
    if (!all?.delete(branch) || all.size > 0) return;
    followers.delete(roomId);
    bus.unfollow(roomId);
  }

  return {
    branch(): Bus {
      const branch = {};
      let listener: ((signal: Signal) => void) | null = null;
      let closed = false;
      branches.push((signal) => {
        if (followers.get(signal.roomId)?.has(branch)) listener?.(signal);
      });
      return {
        publish(signal) {
          if (!closed) bus.publish(signal);
        },
        async follow(roomId) {
          if (closed) return;
          const all = followers.get(roomId) ?? new Set();
          followers.set(roomId, all.add(branch));
          await bus.follow(roomId);
        },
        unfollow: (roomId) => unfollow(roomId, branch),
        listen(next) {
          listener = next;
        },
        headIntervalMs: bus.headIntervalMs,
        state: bus.state,
        lagMs: bus.lagMs,
        async close() {
          closed = true;
          listener = null;
          for (const roomId of [...followers.keys()]) unfollow(roomId, branch);
        },
      };
    },
  };
}
