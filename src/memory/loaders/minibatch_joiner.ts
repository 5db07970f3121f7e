import type { DataSource } from "../../data/data_source.ts";
import { Dataset } from "../../data/dataset.ts";
import { BatchSampler, type BatchSamplerOptions } from "./batch_sampler.ts";

/** One of the data sets that minibatches are joined from. */
export interface MinibatchPart extends Omit<BatchSamplerOptions, "length"> {
  readonly dataset: Dataset;
}

/** Joins a sub-batch of every part to one minibatch, in the order of the parts: what all loaders are built on. */
export class MinibatchJoiner {
  readonly #parts: readonly MinibatchPart[];
  readonly #sources: ReadonlyMap<number, DataSource>;

  constructor(parts: readonly MinibatchPart[]) {
    this.#parts = parts;
    // Joined once, as every minibatch may draw from all of them.
    this.#sources = joinSources(parts.map(({ dataset }) => dataset));
  }

  /** The next `count` minibatches; orders are drawn at the call. Parts that are used up are left out. */
  iterate(count: number): Iterable<Dataset> {
    const samplers = this.#parts.map(({ dataset, ...options }) => ({
      dataset,
      sampler: new BatchSampler({ ...options, length: dataset.length }),
    }));
    return this.#join(samplers, count);
  }

  *#join(samplers: readonly { dataset: Dataset; sampler: BatchSampler }[], count: number): Iterable<Dataset> {
    for (let i = 0; i < count; i++) {
      const pieces = samplers.map(({ dataset, sampler }) => ({ dataset, positions: sampler.next() }));
      yield joinPieces(pieces, this.#sources);
    }
  }
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
