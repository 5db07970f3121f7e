import { TypeRefusal } from "../../core/errors/errors.ts";
import type { OptionRules } from "../../core/options/assert_options.ts";
import { flag, required, wholeNumber } from "../../core/options/value_rules.ts";
import { RANDOM_STREAM_RULE, type RandomStream } from "../../core/random_stream.ts";
import type { Dataset } from "../../data/dataset.ts";

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
  /** A new random order every epoch. Default: true. */
  readonly shuffle?: boolean | undefined;
  /** Leave out what does not fill a batch at a data set's end. Default: false. */
  readonly dropLast?: boolean | undefined;
  /** Needed for shuffling; the stream "shuffle" of a run. */
  readonly stream?: RandomStream | undefined;
}

/** What `DataLoaderOptions` may be. */
export const DATA_LOADER_RULES: OptionRules<DataLoaderOptions> = {
  batchSize: required(wholeNumber(1)),
  shuffle: flag(),
  dropLast: flag(),
  stream: RANDOM_STREAM_RULE,
};

/**
 * The random stream of a loader that shuffles, undefined for one that does not.
 * @param loader The loader's class, for messages.
 * @throws {TypeError} If the stream is missing.
 */
export function parseShuffling(
  loader: string,
  { shuffle = true, stream }: DataLoaderOptions,
): RandomStream | undefined {
  if (!shuffle) return undefined;
  if (!stream) throw new TypeRefusal(`${loader}: stream is required, as it shuffles; or shuffle: false`);
  return stream;
}
