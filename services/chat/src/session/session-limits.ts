export interface SessionLimits {
  readonly contentChars: number;
  readonly frameBytes: number;
  readonly sendQueueBytes: number;
  readonly sendTimeoutMs: number;
  readonly firstFrameMs: number;
  readonly heartbeatMs: number;
  /** Frames a second and socket; twice that in a burst; 0 = off. */
  readonly framesPerSecond: number;
}
