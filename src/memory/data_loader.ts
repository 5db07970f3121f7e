import { assertWholeNumber, cannot, TypeRefusal } from "../core/errors.ts";
import type { RandomStream } from "../core/random_stream.ts";
import type { Dataset } from "../data/dataset.ts";

/** Cuts data into minibatches, epoch after epoch. */
export interface DataLoader {
  /** Minibatches in an epoch. */
  readonly length: number;
  /**
   * Starts a new epoch. The order of a data set that is gone through once is drawn here, at the call; one that may
   * start again within the epoch draws in step with the minibatches. So an epoch is resumed by restoring the random
   * stream, calling this and passing over the minibatches that are done. A minibatch is a view by index.
   */
  iterate(): Iterable<Dataset>;
}

/** What all loaders take. */
export interface DataLoaderOptions {
  readonly batchSize: number;
  /** A new random order every epoch; true unless given. */
  readonly shuffle?: boolean | undefined;
  /** Leave out what does not fill a batch at a data set's end; false unless given. */
  readonly dropLast?: boolean | undefined;
  /** Needed for shuffling; the stream "shuffle" of a run. */
  readonly stream?: RandomStream | undefined;
}

/**
 * The random stream of a loader that shuffles, undefined for one that does not.
 * @throws {RangeError} If the batch size is not a whole number of at least 1. {TypeError} If the stream is missing.
 */
export function parseShuffling({ batchSize, shuffle = true, stream }: DataLoaderOptions): RandomStream | undefined {
  assertWholeNumber("create a data loader", "batchSize", batchSize, 1);
  if (!shuffle) return undefined;
  if (!stream) throw new TypeRefusal(cannot("create a data loader", "a random stream, as it shuffles", undefined));
  return stream;
}
