import type { ServedFile } from "../model_file/served_file.ts";

/** What is kept of requests, for those who say later what the answers should have been. */
export interface KeptLimits {
  /** How many are kept. */
  readonly requests: number;
  /** Bytes of their inputs together. */
  readonly bytes: number;
}

/** A request that was answered. Plain data. */
export interface KeptRequest {
  readonly rows: number;
  /** The bytes of the model's one input. */
  readonly input: Uint8Array;
  /** Of the version that answered. */
  readonly file: ServedFile;
}

/** The inputs of the last requests by their ids: the oldest are forgotten if there are too many, or too large ones. */
export class KeptRequests {
  readonly #limits: KeptLimits;
  readonly #requests = new Map<string, KeptRequest>();
  #bytes = 0;

  constructor(limits: KeptLimits) {
    this.#limits = limits;
  }

  /** Keeps a copy of a request; another one of this id is forgotten. */
  add(id: string, request: KeptRequest): void {
    this.forget(id);
    const sizeBytes = countBytes(id, request);
    if (sizeBytes > this.#limits.bytes) return;
    // A Buffer's slice would be a view.
    this.#requests.set(id, { ...request, input: new Uint8Array(request.input) });
    this.#bytes += sizeBytes;
    for (const oldest of this.#requests.keys()) {
      if (this.#requests.size <= this.#limits.requests && this.#bytes <= this.#limits.bytes) return;
      this.forget(oldest);
    }
  }

  get(id: string): KeptRequest | undefined {
    return this.#requests.get(id);
  }

  forget(id: string): void {
    const request = this.#requests.get(id);
    if (!request) return;
    this.#requests.delete(id);
    this.#bytes -= countBytes(id, request);
  }
}

function countBytes(id: string, { input }: KeptRequest): number {
  return input.length + id.length * 2;
}
