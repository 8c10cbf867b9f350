/** What is kept of a request with each change it makes, and passed on to chat. */
export interface Trace {
  readonly requestId?: string;
  /** W3C trace context, as it came. */
  readonly traceparent?: string;
}
