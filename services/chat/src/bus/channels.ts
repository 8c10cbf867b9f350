/** Names of the bus's channels, made and read in one place. */
export interface Channels {
  /** Channels of one lane live on one node of a Cluster. */
  readonly lanes: number;
  /** Whether they are sharded ones, of a Cluster. */
  readonly sharded: boolean;
  /** All of them, as an ACL writes it. */
  readonly pattern: string;
  laneOf(roomId: string): number;
  room(roomId: string): string;
  /** Null when the channel is no room's. */
  roomOf(channel: string): string | null;
  /** Where every instance shows that it is alive, a channel for each lane. */
  heartbeat(lane: number): string;
  /** Null when the channel is no lane's heartbeat. */
  heartbeatLaneOf(channel: string): number | null;
}

/**
 * Lanes on a Cluster. Sharded channels live where their slot does; a few fixed hash tags spread the rooms over the nodes
 * and let one heartbeat for each tag prove that the node behind it is heard. The slots of 0 to 7 fall on all of 3 nodes.
 */
const CLUSTER_LANES = 8;

/** @param prefix Keeps apart what else uses the same Redis; pub/sub knows no databases. */
export function createChannels({ prefix, cluster }: { prefix: string; cluster: boolean }): Channels {
  const lanes = cluster ? CLUSTER_LANES : 1;
  const starts = Array.from({ length: lanes }, (_, lane) => `${prefix}:${cluster ? `{${lane}}:` : ''}bus:`);
  const heartbeats = starts.map((start) => `${start}beat`);
  const rooms = starts.map((start) => `${start}room:`);
  const laneOf = (roomId: string) => (lanes === 1 ? 0 : spread(roomId) % lanes);

  return {
    lanes,
    sharded: cluster,
    pattern: `${prefix}:${cluster ? '{?}:' : ''}bus:*`,
    laneOf,
    room: (roomId) => rooms[laneOf(roomId)]! + roomId,
    roomOf(channel) {
      for (const start of rooms) if (channel.startsWith(start)) return channel.slice(start.length);
      return null;
    },
    heartbeat: (lane) => heartbeats[lane]!,
    heartbeatLaneOf(channel) {
      const lane = heartbeats.indexOf(channel);
      return lane === -1 ? null : lane;
    },
  };
}

/** FNV-1a. */
function spread(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
