import { decodeHeartbeat, encodeHeartbeat, type Heartbeat } from './heartbeat.ts';

/** Milliseconds between heartbeats. */
export const HEARTBEAT_MS = 300;
/** Heartbeats that may be missing: 900 ms. */
const MISSING = 3;
/** A peer's timers are not ours: one more. */
const PEER_MISSING = 4;
/** Heartbeats for which trouble is remembered after it ended: 2.1 s, so that who asks once a second can't miss it. */
const SETTLE = 7;
/** Heartbeats after which a silent peer is taken for dead: 5 minutes. Until then it may be alive, and cut off from Redis alone. */
const FORGET = 1_000;
/** More peers than that are not watched. */
const MOST_PEERS = 1_000;

/** Whether what is published arrives, told by heartbeats. Counts ticks, not time: neither a clock set back nor a stalled process deceives it. */
export interface Pulse {
  /** One step of {@link HEARTBEAT_MS}; call it before `heartbeat`. */
  step(): void;
  /** The heartbeat to publish on every lane. */
  heartbeat(): string;
  /** A heartbeat came in on a lane. */
  heard(lane: number, text: string): void;
  /** Something failed: only a heartbeat sent after this proves that it works again. */
  taint(): void;
  /** `count` signals were not handed to Redis; peers learn of it with the next heartbeat. */
  lost(count: number): void;
  /** Something may have been missed: not to be trusted for about 2 s. */
  settle(): void;
  /** Own heartbeats arrive, on all lanes, and fresh. */
  healthy(): boolean;
  /** Whether no signal can have been missed lately: healthy, settled, and no peer is silent. */
  trusted(): boolean;
  /** Heartbeats since an own one arrived, however old that was, on the lane where that is longest ago. */
  silence(): number;
  /** Own silence starts to count now: the connections are new. */
  rest(): void;
  bye(): string;
  /** Other instances that are heard, or were within five minutes. */
  peers(): number;
}

interface Peer {
  readonly heardAt: number[];
  lost: number;
}

export function createPulse({ instanceId, lanes }: { instanceId: string; lanes: number }): Pulse {
  let tick = 0;
  let lost = 0;
  let taintedAt = 0;
  let settledAt = 0;
  /** For each lane, the newest own heartbeat that came back, and when one last did. */
  const own = Array.from({ length: lanes }, () => 0);
  const arrivedAt = Array.from({ length: lanes }, () => 0);
  const peers = new Map<string, Peer>();
  let silentPeers = 0;

  const healthy = () => own.every((sentAt) => sentAt > taintedAt && tick - sentAt < MISSING);
  const settle = () => {
    settledAt = tick + SETTLE;
  };
  const isSilent = (peer: Peer) => peer.heardAt.some((at) => tick - at >= PEER_MISSING);

  function heardPeer(lane: number, heartbeat: Heartbeat): void {
    const known = peers.get(heartbeat.instanceId);
    if ('bye' in heartbeat) {
      peers.delete(heartbeat.instanceId);
      return;
    }
    if (!known) {
      if (peers.size >= MOST_PEERS) return;
      peers.set(heartbeat.instanceId, { heardAt: own.map(() => tick), lost: heartbeat.lost });
      // What it published before we heard of it may have been lost.
      settle();
      return;
    }
    if (heartbeat.lost !== known.lost || isSilent(known)) settle();
    known.lost = heartbeat.lost;
    known.heardAt[lane] = tick;
  }

  return {
    step() {
      tick += 1;
      silentPeers = 0;
      // While nothing is heard at all, silence says nothing about a peer.
      const deaf = !healthy();
      for (const [id, peer] of peers) {
        if (!isSilent(peer)) continue;
        silentPeers += 1;
        if (!deaf && peer.heardAt.every((at) => tick - at >= FORGET)) peers.delete(id);
      }
    },
    heartbeat: () => encodeHeartbeat({ instanceId, tick, lost }),
    heard(lane, text) {
      const heartbeat = decodeHeartbeat(text);
      if (!heartbeat || lane < 0 || lane >= lanes) return;
      if (heartbeat.instanceId !== instanceId) return heardPeer(lane, heartbeat);
      if ('bye' in heartbeat) return;
      arrivedAt[lane] = tick;
      if (heartbeat.tick > own[lane]! && heartbeat.tick <= tick) own[lane] = heartbeat.tick;
    },
    taint() {
      taintedAt = tick;
    },
    lost(count) {
      lost += count;
    },
    settle,
    healthy,
    trusted: () => healthy() && tick >= settledAt && silentPeers === 0,
    silence: () => tick - Math.min(...arrivedAt),
    rest() {
      arrivedAt.fill(tick);
    },
    peers: () => peers.size,
    bye: () => encodeHeartbeat({ instanceId, bye: true }),
  };
}
