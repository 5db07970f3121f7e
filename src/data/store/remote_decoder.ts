import type { ErrorData } from "../../core/errors/error_data.ts";
import type { DecoderSpec } from "../decoders/decoder_spec.ts";
import type { StoredSamples } from "./stored_samples.ts";

/** A part of a store that a Worker is to decode. */
export interface DecoderTask {
  readonly store: StoredSamples;
  /** Its place in `store.parts`. */
  readonly part: number;
  readonly spec: DecoderSpec;
}

/** What a Worker that decodes offers over comlink. */
export interface RemoteDecoder {
  /** Begins to serve requests. Answers with what went wrong, as data. */
  attach(task: DecoderTask): Promise<ErrorData | undefined>;
  /** Ends with a store that nobody has any more. */
  detach(storeId: number): void | Promise<void>;
}
