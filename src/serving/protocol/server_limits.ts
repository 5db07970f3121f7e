/** What a server spends on strangers at the most. */
export interface ServerLimits {
  /** A request's body, as it is sent and as it is unpacked. */
  readonly maxBodyBytes: number;
  /** How long a body may take to arrive, in milliseconds. */
  readonly bodyTimeoutMs: number;
  /** Requests that are worked on at the same time; more are answered with 503. */
  readonly maxConcurrency: number;
  /** Rows of one request. */
  readonly maxRows: number;
}
