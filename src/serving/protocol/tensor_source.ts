import { ProtocolError } from "./protocol_error.ts";
import type { ScannedNumbers } from "./scan_numbers.ts";

/** Binary tensors, in the order of the inputs that have them. */
export interface TensorSource {
  /** @throws {ProtocolError} 400 if there is none, or one of another length. */
  take(length: number, name: string): Uint8Array;
  /** @throws {ProtocolError} 400 if something is left. */
  assertEnd(): void;
  /** A list of numbers that was taken out of the JSON, where `data` stands for one. */
  findList?(data: unknown): ScannedNumbers | undefined;
}

/** Takes binary tensors one after another from behind the JSON. */
export class TensorReader implements TensorSource {
  readonly #bytes: Uint8Array | undefined;
  readonly #lists: ReadonlyMap<string, ScannedNumbers> | undefined;
  #place = 0;

  constructor(bytes: Uint8Array | undefined, lists: ReadonlyMap<string, ScannedNumbers> | undefined) {
    this.#bytes = bytes;
    this.#lists = lists;
  }

  findList(data: unknown): ScannedNumbers | undefined {
    return typeof data === "string" ? this.#lists?.get(data) : undefined;
  }

  take(length: number, name: string): Uint8Array {
    if (!this.#bytes) {
      throw new ProtocolError(
        400,
        `"${name}" has binary_data_size, and the header Inference-Header-Content-Length is missing`,
      );
    }
    const start = this.#place;
    this.#place += length;
    if (this.#place > this.#bytes.length) {
      throw new ProtocolError(
        400,
        `"${name}" needs ${length} bytes behind the JSON, and there are ${this.#bytes.length - start}`,
      );
    }
    return this.#bytes.subarray(start, this.#place);
  }

  assertEnd(): void {
    const left = (this.#bytes?.length ?? 0) - this.#place;
    if (left > 0) throw new ProtocolError(400, `${left} bytes are left behind the binary tensors`);
  }
}
