import { cannot } from "../core/errors.ts";
import type { DataSource } from "./data_source.ts";

/** Which samples, in which order: sample i is row `rows[i]` of the source with id `sourceIds[i]`. */
export interface SampleReferences {
  readonly sourceIds: Int32Array;
  readonly rows: Int32Array;
}

/**
 * A view by index on one or more data sources. Subsets and concatenations copy indices, never samples:
 * experiences, buffers, splits and minibatches are all of this kind.
 */
export class Dataset {
  /** The sources its samples come from, by id. */
  readonly sources: ReadonlyMap<number, DataSource>;
  readonly references: SampleReferences;
  #targets: Int32Array | undefined;

  constructor(sources: ReadonlyMap<number, DataSource>, references: SampleReferences) {
    this.sources = sources;
    this.references = references;
  }

  /** All rows of a source, in order. */
  static fromSource(source: DataSource): Dataset {
    const rows = new Int32Array(source.y.length);
    for (let i = 0; i < rows.length; i++) rows[i] = i;
    const sourceIds = new Int32Array(rows.length).fill(source.id);
    return new Dataset(new Map([[source.id, source]]), { sourceIds, rows });
  }

  /** A view with no samples. */
  static empty(): Dataset {
    return new Dataset(new Map(), { sourceIds: new Int32Array(0), rows: new Int32Array(0) });
  }

  /** The samples of all `datasets`, one after another. */
  static concat(datasets: readonly Dataset[]): Dataset {
    const length = datasets.reduce((sum, dataset) => sum + dataset.length, 0);
    const sourceIds = new Int32Array(length);
    const rows = new Int32Array(length);
    const sources = new Map<number, DataSource>();
    let offset = 0;
    for (const dataset of datasets) {
      sourceIds.set(dataset.references.sourceIds, offset);
      rows.set(dataset.references.rows, offset);
      for (const [id, source] of dataset.sources) sources.set(id, source);
      offset += dataset.length;
    }
    return new Dataset(sources, { sourceIds, rows });
  }

  get length(): number {
    return this.references.rows.length;
  }

  /** Class ids [length]; computed once, borrowed by the caller. */
  get targets(): Int32Array {
    this.#targets ??= Int32Array.from(this.references.rows, (row, i) => this.#sourceAt(i).y[row] ?? 0);
    return this.#targets;
  }

  /** The task label of sample `position`. */
  taskLabelAt(position: number): number {
    return this.#sourceAt(position).taskLabel;
  }

  /** The distinct task labels of its sources, ascending. */
  get taskLabels(): readonly number[] {
    return [...new Set([...this.sources.values()].map((source) => source.taskLabel))].sort((a, b) => a - b);
  }

  /** The samples at these positions, in the order given. */
  subset(positions: ArrayLike<number>): Dataset {
    const { sourceIds, rows } = this.references;
    const chosen = { sourceIds: new Int32Array(positions.length), rows: new Int32Array(positions.length) };
    for (let i = 0; i < positions.length; i++) {
      const position = positions[i] ?? 0;
      chosen.sourceIds[i] = sourceIds[position] ?? 0;
      chosen.rows[i] = rows[position] ?? 0;
    }
    return new Dataset(this.sources, chosen);
  }

  #sourceAt(position: number): DataSource {
    const source = this.sources.get(this.references.sourceIds[position] ?? -1);
    if (!source) throw new RangeError(cannot("read a sample", `a position below ${this.length}`, position));
    return source;
  }
}
