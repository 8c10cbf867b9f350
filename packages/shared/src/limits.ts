/** Limits that both ends know. Those an operator may change are only defaults here; see docs/configuration. */
export const LIMITS = {
  /** Largest inbound WebSocket message, bytes (S0, setMessageSizeLimit). */
  frameBytes: 131_072,
  /** Longest message text, code points. */
  contentChars: 4_000,
  /** Bytes queued for one slow socket before it is resynchronised (S0, setSendBufferSizeLimit). */
  sendQueueBytes: 524_288,
  /** Milliseconds a socket may stay unable to take what is queued (S0, setSendTimeLimit). */
  sendTimeoutMs: 30_000,
  /** Milliseconds until the first frame must have authenticated (S0, setTimeToFirstMessage). */
  firstFrameMs: 60_000,
  /** Milliseconds between pings; two missed and the socket is gone. Under the 60 s at which proxies cut. */
  heartbeatMs: 25_000,
  /** Milliseconds a "typing" lasts without renewal. */
  typingMs: 6_000,
  nicknameChars: 32,
  titleChars: 200,
  reasonChars: 500,
  /** Seconds of a room's slow mode, at most. */
  slowModeSecondsMax: 3_600,
  /** A room's cap, at most. */
  maxParticipants: 100_000,
  /** Messages in a page: default and most. */
  pageSize: 50,
  pageMax: 100,
  /** Rows of change that a page has beside its messages, at most. */
  pageChanges: 1_000,
  /** Members whom a message mentions. */
  mentions: 20,
  /** User ids that a request names to be mentioned. */
  mentionsNamed: 100,
  /** Kinds of reactions to a message. */
  reactionKinds: 12,
  /** Files of a message. */
  attachments: 10,
  fileNameChars: 255,
  /** Messages that are pinned in a room. */
  pinned: 5,
  /** Messages a recovery sends at once; further behind than this starts over with the newest page. */
  recoveryMax: 1_000,
  /** Participants in a `joined` snapshot. */
  snapshotParticipants: 100,
  /** Rooms that one socket may watch without being a member. */
  watches: 20,
  /** Rooms on the stream of all one's rooms: the newest memberships. */
  streamRooms: 500,
  /** Items in a list: default and most. */
  listSize: 20,
  listMax: 100,
} as const;

/** Bytes of the frames that a client is sent, as they are on the wire. One message that is larger by itself goes alone. */
export const FRAME_LIMITS = {
  /** A `page`, and a `joined` that recovers nothing. */
  pageBytes: 262_144,
  /** A `joined` that recovers; what it has no room for follows as `message`. */
  recoveryBytes: 524_288,
  /** The least that `maxBytes` of a client may be. */
  leastMaxBytes: 16_384,
} as const;
