/** What API Gateway allows a WebSocket API, in one place. All of it is in AWS's list of quotas, but for the last. */
export interface WebSocketQuotas {
  /** A longer message closes the connection with 1009; PostToConnection refuses it with 413. */
  messageBytes: number;
  /** A longer frame of a message closes the connection with 1009; what is sent is split into such frames. */
  frameBytes: number;
  /** A connection without messages either way is cut after this many milliseconds. */
  idleMs: number;
  /** No connection lives longer than this many milliseconds. */
  connectionMs: number;
  /** More new connections than this are refused with 429. AWS counts per account and region; that it refuses with 429 is inferred. */
  connectsPerS: number;
  /**
   * More handshakes than this at the same time are refused with 429 as well: what one machine can let in before they time out, where AWS has as many
   * functions as it needs.
   */
  openingAtOnce: number;
}

export const webSocketQuotas: WebSocketQuotas = {
  messageBytes: 128 * 1024,
  frameBytes: 32 * 1024,
  idleMs: 10 * 60_000,
  connectionMs: 2 * 60 * 60_000,
  connectsPerS: 500,
  openingAtOnce: 1_500,
};

/** Longest wait for an integration unless its template says less (`TimeoutInMillis`). */
export const integrationTimeoutMs = { websocket: 29_000, http: 30_000 };

/** Longest event that a function is invoked with; an HTTP API answers 413 for it. */
export const eventBytes = 6 * 1024 * 1024;

/** Longest body of a request to an HTTP API. */
export const httpBodyBytes = 10 * 1024 * 1024;
