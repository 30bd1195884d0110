/** Limits of every call. Settings of the operator; tests scale them. */
export interface OutboundLimits {
  /** Look-up, TCP and TLS each and together. */
  connectTimeoutMs: number;
  /** From the request being sent to the end of the answer's headers. */
  headersTimeoutMs: number;
  /** One attempt, whatever the other side does. */
  totalTimeoutMs: number;
  /** Of the answer, on the wire and decoded, each. */
  maxAnswerBytes: number;
  /** A streamed call from its beginning to its last byte. */
  streamTotalTimeoutMs: number;
  /** Of a streamed call: until the answer's headers, and between two parts of the answer. */
  streamIdleTimeoutMs: number;
  /** Of a streamed request and of a streamed answer, on the wire and decoded, each. */
  maxStreamBytes: number;
  /** Calls of one connection at one time in this process. */
  concurrencyPerConnection: number;
  /** Calls of one workspace at one time in this process, so that one cannot take all. */
  concurrencyPerWorkspace: number;
}

export const defaultLimits: OutboundLimits = {
  connectTimeoutMs: 10_000,
  headersTimeoutMs: 15_000,
  totalTimeoutMs: 30_000,
  maxAnswerBytes: 10 * 1024 * 1024,
  streamTotalTimeoutMs: 300_000,
  streamIdleTimeoutMs: 60_000,
  maxStreamBytes: 100 * 1024 * 1024,
  concurrencyPerConnection: 100,
  concurrencyPerWorkspace: 200,
};
