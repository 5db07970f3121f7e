import type { HostTensor } from "../../core/host_tensor.ts";
import type { RandomStreams } from "../../core/random_stream.ts";
import type { SavedState } from "../../core/saved_state.ts";
import type { Dataset } from "../../data/dataset.ts";
import type { SourcesByName } from "../../data/saved_dataset.ts";
import type { Experience } from "../../streams/experience.ts";

/** What a buffer reads of a strategy when it is updated. */
export interface BufferUpdateSource {
  /** The experience whose samples come in. */
  readonly experience: Experience;
  /** Buffers draw from the stream "buffer". */
  readonly randomStreams: RandomStreams;
  /**
   * Features [N, F] of any samples: what the named layer answers, or the layer before the last where none is named.
   * Needed by buffers that look at features.
   */
  extractFeatures?(samples: Dataset, layerName?: string): Promise<HostTensor>;
}

/** A bounded choice of the samples seen so far: a view by index, which changes with every update. */
export interface ExemplarsBuffer {
  /** The most samples it holds. */
  readonly maxSize: number;
  /** What it holds now; borrowed until the next update. */
  readonly buffer: Dataset;
  /** Takes in the samples of the strategy's experience, each of them once. */
  update(strategy: BufferUpdateSource): void | Promise<void>;
  /** Changes `maxSize`: smaller drops samples at once, larger only makes room for those to come. */
  resize(newSize: number): void;
  /** All that `restore` needs: plain data and typed arrays, no samples. */
  save(): SavedState;
  /**
   * Goes on from a saved state, on sources found by name.
   * @throws {TypeError} If another kind of buffer saved it. {RangeError} If a source or row is not there.
   */
  restore(saved: unknown, context: SourcesByName): void;
}
