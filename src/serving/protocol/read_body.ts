import { clearInterval, setInterval } from "node:timers";
import { gunzipSync, inflateRawSync, inflateSync } from "node:zlib";
import { ProtocolError } from "./protocol_error.ts";
import type { ServerLimits } from "./server_limits.ts";

type BodyLimits = Pick<ServerLimits, "maxBodyBytes" | "bodyTimeoutMs">;

/** How often bodies that are late are looked for. */
const SWEEP_MS = 250;

interface LateBody {
  readonly deadlineMs: number;
  readonly reject: (error: ProtocolError) => void;
}

/** Reads bodies within limits of size and time: one timer looks after all of them, as a timer each would cost more. */
export class BodyReader {
  readonly #limits: BodyLimits;
  readonly #arriving = new Set<LateBody>();
  #sweep: ReturnType<typeof setInterval> | undefined;

  constructor(limits: BodyLimits) {
    this.#limits = limits;
  }

  /**
   * A request's body, unpacked.
   * @throws {ProtocolError} 400 if it is packed badly or breaks off, 408 if it is late, 413 if it is too large, 415 if
   * it is packed in another way than gzip or deflate.
   */
  read(request: Request): Promise<Uint8Array> {
    const { maxBodyBytes: maxBytes, bodyTimeoutMs } = this.#limits;
    const { headers } = request;
    const declared = headers.get("content-length");
    const encoding = headers.get("content-encoding");
    this.#sweep ??= this.#startSweep();
    // A promise of its own and no race: that costs half as much, and every request has a body.
    return new Promise((resolve, reject) => {
      if (declared !== null && Number(declared) > maxBytes) throw tooLarge(maxBytes);
      const entry = { deadlineMs: performance.now() + bodyTimeoutMs, reject };
      this.#arriving.add(entry);
      const finish = (body: ArrayBuffer | Uint8Array) => {
        this.#arriving.delete(entry);
        const bytes = body instanceof Uint8Array ? body : new Uint8Array(body);
        resolve(encoding === null || encoding === "identity" ? bytes : unpack(bytes, { encoding, maxBytes }));
      };
      const fail = (cause: unknown) => {
        this.#arriving.delete(entry);
        reject(cause instanceof ProtocolError ? cause : breaksOff(cause));
      };
      const body = declared === null ? readChunks(request, maxBytes) : request.arrayBuffer();
      body.then(finish).catch(fail);
    });
  }

  close(): void {
    clearInterval(this.#sweep);
  }

  #startSweep(): ReturnType<typeof setInterval> {
    const timer = setInterval(() => {
      const nowMs = performance.now();
      for (const entry of this.#arriving) {
        if (entry.deadlineMs > nowMs) continue;
        this.#arriving.delete(entry);
        const message = `the body must arrive within ${this.#limits.bodyTimeoutMs / 1000} s`;
        entry.reject(new ProtocolError(408, message, { connection: "close" }));
      }
    }, SWEEP_MS);
    timer.unref();
    return timer;
  }
}

/** A body without a length may be endless. */
async function readChunks({ body }: Request, maxBytes: number): Promise<Uint8Array> {
  if (!body) return new Uint8Array(0);
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read().catch((cause: unknown) => {
      throw breaksOff(cause);
    });
    if (done) break;
    length += value.length;
    if (length > maxBytes) {
      reader.cancel().catch(() => undefined);
      throw tooLarge(maxBytes);
    }
    chunks.push(value);
  }
  const [first] = chunks;
  if (chunks.length === 1 && first) return first;
  const whole = new Uint8Array(length);
  let place = 0;
  for (const chunk of chunks) {
    whole.set(chunk, place);
    place += chunk.length;
  }
  return whole;
}

function unpack(packed: Uint8Array, { encoding, maxBytes }: { encoding: string; maxBytes: number }): Uint8Array {
  const options = { maxOutputLength: maxBytes };
  try {
    if (encoding === "gzip" || encoding === "x-gzip") return gunzipSync(packed, options);
    if (encoding === "deflate") return isZlib(packed) ? inflateSync(packed, options) : inflateRawSync(packed, options);
  } catch (cause) {
    const code = typeof cause === "object" && cause !== null && "code" in cause ? cause.code : undefined;
    if (code === "ERR_BUFFER_TOO_LARGE") throw tooLarge(maxBytes);
    throw new ProtocolError(400, `the body is not ${encoding} data, or not the whole of it`);
  }
  const message = `content-encoding must be gzip or deflate, got ${JSON.stringify(encoding.slice(0, 40))}`;
  throw new ProtocolError(415, message, { "accept-encoding": "gzip, deflate" });
}

/** Whether the header of zlib is in front, as it should be; some clients send deflate without it. */
function isZlib([first = 0, second = 0]: Uint8Array): boolean {
  return (first & 15) === 8 && (first * 256 + second) % 31 === 0;
}

function tooLarge(maxBytes: number): ProtocolError {
  return new ProtocolError(413, `the body must have at most ${maxBytes} bytes`, { connection: "close" });
}

function breaksOff(cause: unknown): ProtocolError {
  const error = new ProtocolError(400, "the body breaks off", { connection: "close" });
  error.cause = cause;
  return error;
}
