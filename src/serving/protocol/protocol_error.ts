/** What a request is answered with where it cannot be carried out. */
export type ErrorStatus = 400 | 401 | 403 | 404 | 405 | 408 | 409 | 413 | 415 | 429 | 500 | 503;

const STATUSES: readonly ErrorStatus[] = [400, 401, 403, 404, 405, 408, 409, 413, 415, 429, 500, 503];

/** A number as one of the statuses; 500 where it is none. */
export function statusOf(status: number): ErrorStatus {
  return STATUSES.find((known) => known === status) ?? 500;
}

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
