/** What a request is answered with where it cannot be carried out. */
export type ErrorStatus = 400 | 401 | 403 | 404 | 405 | 408 | 409 | 413 | 415 | 429 | 500 | 503;

/** A request cannot be carried out: the status says whose fault it is, the message what was wanted. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
  readonly status: ErrorStatus;
  /** Headers of the answer: which methods are allowed, say. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: ErrorStatus, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}
