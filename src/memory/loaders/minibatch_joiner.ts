import type { DataSource } from "../../data/data_source.ts";
import { Dataset } from "../../data/dataset.ts";
import { countAskedAhead, requestSamples, setHorizon } from "../../data/store/await_samples.ts";
import { BatchSampler, type BatchSamplerOptions } from "./batch_sampler.ts";

/** Minibatches whose samples are decoded ahead of need. */
const BATCHES_AHEAD = 4;

/** The fewest samples that are. */
const FEWEST_AHEAD = 128;

/** One of the data sets that minibatches are joined from. */
export interface MinibatchPart extends Omit<BatchSamplerOptions, "length"> {
  readonly dataset: Dataset;
}

/** Joins a sub-batch of every part to one minibatch, in the order of the parts: what all loaders are built on. */
export class MinibatchJoiner {
  readonly #parts: readonly MinibatchPart[];
  readonly #sources: ReadonlyMap<number, DataSource>;
  /** Samples that are asked for ahead of need; 0 where all are in memory. */
  readonly #ahead: number;

  constructor(parts: readonly MinibatchPart[]) {
    this.#parts = parts;
    // Joined once, as every minibatch may draw from all of them.
    this.#sources = joinSources(parts.map(({ dataset }) => dataset));
    const batch = parts.reduce((sum, { batchSize }) => sum + batchSize, 0);
    this.#ahead = Math.min(countAskedAhead(this.#sources), Math.max(FEWEST_AHEAD, BATCHES_AHEAD * batch));
  }

  /** The next `count` minibatches; orders are drawn at the call. Parts that are used up are left out. */
  iterate(count: number): Iterable<Dataset> {
    const samplers = this.#parts.map(({ dataset, ...options }) => ({
      dataset,
      sampler: new BatchSampler({ ...options, length: dataset.length }),
    }));
    setHorizon(
      this.#sources,
      this.#parts.reduce((sum, { dataset }) => sum + dataset.length, 0),
    );
    return this.#join(samplers, count);
  }

  *#join(samplers: readonly SampledDataset[], count: number): Iterable<Dataset> {
    for (let i = 0; i < count; i++) {
      const pieces = samplers.map(({ dataset, sampler }) => ({ dataset, positions: sampler.next() }));
      if (this.#ahead > 0) this.#askAhead(samplers);
      yield joinPieces(pieces, this.#sources);
    }
  }

  /** Has samples decoded that come in the next minibatches, each part's in proportion. */
  #askAhead(samplers: readonly SampledDataset[]): void {
    const batch = this.#parts.reduce((sum, { batchSize }) => sum + batchSize, 0);
    for (const [i, { dataset, sampler }] of samplers.entries()) {
      const share = Math.ceil((this.#ahead * (this.#parts[i]?.batchSize ?? 0)) / batch);
      const positions = sampler.peek(share);
      const next = { sourceIds: new Int32Array(positions.length), rows: new Int32Array(positions.length) };
      dataset.copyReferences(positions, next, 0);
      requestSamples(this.#sources, next, { start: 0, end: positions.length });
    }
  }
}

/** A data set on its way through an epoch. */
interface SampledDataset {
  readonly dataset: Dataset;
  readonly sampler: BatchSampler;
}

function joinPieces(
  pieces: readonly { readonly dataset: Dataset; readonly positions: Int32Array }[],
  sources: ReadonlyMap<number, DataSource>,
): Dataset {
  const length = pieces.reduce((sum, { positions }) => sum + positions.length, 0);
  const sourceIds = new Int32Array(length);
  const rows = new Int32Array(length);
  let filled = 0;
  for (const { dataset, positions } of pieces) {
    dataset.copyReferences(positions, { sourceIds, rows }, filled);
    filled += positions.length;
  }
  return new Dataset(sources, { sourceIds, rows });
}

function joinSources(datasets: readonly Dataset[]): ReadonlyMap<number, DataSource> {
  const [first, ...others] = datasets;
  if (first && others.length === 0) return first.sources;
  return new Map(datasets.flatMap(({ sources }) => [...sources]));
}
