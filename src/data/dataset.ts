import { needs, RangeRefusal } from "../core/errors/errors.ts";
import type { HostTensor } from "../core/host_tensor.ts";
import { objectLike } from "../core/options/value_rules.ts";
import type { DataSource } from "./data_source.ts";
import { CLASS_FORM, describeTargetForm, type TargetForm } from "./float_targets.ts";
import { JoinedIndex, joinReferences, type SampleIndex, type SampleReferences } from "./sample_index.ts";

const NO_REFERENCES: SampleReferences = { sourceIds: new Int32Array(0), rows: new Int32Array(0) };

/** The rule of an option that is a data set. */
export const DATASET_RULE = objectLike("a Dataset", "references", "subset");

/**
 * A view by index on one or more data sources. Subsets and concatenations copy indices, never samples:
 * experiences, buffers, splits and minibatches are all of this kind.
 */
export class Dataset {
  /** The sources its samples come from, by id. */
  readonly sources: ReadonlyMap<number, DataSource>;
  #references: SampleReferences | undefined;
  readonly #index: SampleIndex | undefined;
  #targets: Int32Array | undefined;
  #targetValues: HostTensor | undefined;
  #targetsTaskLabels: Int32Array | undefined;
  #taskLabels: readonly number[] | undefined;

  /** @param references With an index, all of the sources are those of some sample. */
  constructor(sources: ReadonlyMap<number, DataSource>, references: SampleReferences | SampleIndex) {
    this.sources = sources;
    if ("collect" in references) this.#index = references;
    else this.#references = references;
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

  /**
   * The samples of all `datasets`, one after another.
   * @throws {RangeError} If some have class ids and others float targets, or float targets of another kind or width.
   */
  static concat(datasets: readonly Dataset[]): Dataset {
    const sources = new Map<number, DataSource>();
    for (const dataset of datasets) for (const [id, source] of dataset.sources) sources.set(id, source);
    assertOneForm(sources.values());
    const indices = datasets.flatMap((dataset) => dataset.#index ?? []);
    const areIndexed = datasets.length > 0 && indices.length === datasets.length;
    if (areIndexed) return new Dataset(sources, new JoinedIndex(indices));
    return new Dataset(sources, joinReferences(datasets.map(({ references }) => references)));
  }

  /** Which samples, in order; borrowed. */
  get references(): SampleReferences {
    this.#references ??= this.#index?.collect() ?? NO_REFERENCES;
    return this.#references;
  }

  get length(): number {
    return this.#index?.length ?? this.references.rows.length;
  }

  /** Class ids [length], all 0 where targets are numbers; computed once, borrowed by the caller. */
  get targets(): Int32Array {
    this.#targets ??= this.#readEach((source, row) => source.y[row] ?? 0);
    return this.#targets;
  }

  /** Targets that are numbers [length, T]; undefined for class ids. Computed once, borrowed by the caller. */
  get targetValues(): HostTensor | undefined {
    const { kind, width } = this.targetForm;
    if (kind === "classes") return undefined;
    this.#targetValues ??= { data: this.#readTargetValues(width), shape: [this.length, width] };
    return this.#targetValues;
  }

  /** What its targets are; class ids where it has no source. */
  get targetForm(): TargetForm {
    for (const { floatTargets } of this.sources.values()) return floatTargets ?? CLASS_FORM;
    return CLASS_FORM;
  }

  /** The task label of every sample [length]; computed once, borrowed by the caller. */
  get targetsTaskLabels(): Int32Array {
    this.#targetsTaskLabels ??= this.#readEach((source) => source.taskLabel);
    return this.#targetsTaskLabels;
  }

  /** The task label of sample `position`. */
  taskLabelAt(position: number): number {
    return this.#sourceAt(position).taskLabel;
  }

  /** The distinct task labels of its samples, ascending. */
  get taskLabels(): readonly number[] {
    this.#taskLabels ??= [...new Set(this.#listTaskLabels())].sort((a, b) => a - b);
    return this.#taskLabels;
  }

  /**
   * The samples at these positions, in the order given.
   * @throws {RangeError} If there is no such position.
   */
  subset(positions: ArrayLike<number>): Dataset {
    const chosen = { sourceIds: new Int32Array(positions.length), rows: new Int32Array(positions.length) };
    this.copyReferences(positions, chosen, 0);
    return new Dataset(this.sources, chosen);
  }

  /**
   * Writes the references of the samples at these positions to `target`, from its place `start` on.
   * @throws {RangeError} If there is no such position.
   */
  copyReferences(positions: ArrayLike<number>, target: SampleReferences, start: number): void {
    const { length } = this;
    const index = this.#references ? undefined : this.#index;
    const { sourceIds, rows } = index ? NO_REFERENCES : this.references;
    for (let i = 0; i < positions.length; i++) {
      const position = positions[i] ?? -1;
      if (!(position >= 0 && position < length && Number.isInteger(position))) {
        throw new RangeRefusal(needs("the subset", `positions below ${length}`, position));
      }
      target.sourceIds[start + i] = (index ? index.sourceIdAt(position) : sourceIds[position]) ?? 0;
      target.rows[start + i] = (index ? index.rowAt(position) : rows[position]) ?? 0;
    }
  }

  /** The same samples without the sources that none of them comes from. */
  dropUnusedSources(): Dataset {
    if (this.#index || (this.sources.size === 1 && this.length > 0)) return this;
    const used = new Map<number, DataSource>();
    let lastId = -1;
    for (const [position, id] of this.references.sourceIds.entries()) {
      if (id === lastId || used.has(id)) continue;
      used.set(id, this.#sourceAt(position));
      lastId = id;
    }
    return used.size === this.sources.size ? this : new Dataset(used, this.references);
  }

  /** Those of the samples, not all different. */
  #listTaskLabels(): Iterable<number> {
    return this.#index ? [...this.sources.values()].map(({ taskLabel }) => taskLabel) : this.targetsTaskLabels;
  }

  #readEach(read: (source: DataSource, row: number) => number): Int32Array {
    const { sourceIds, rows } = this.references;
    const values = new Int32Array(rows.length);
    let source: DataSource | undefined;
    for (let i = 0; i < values.length; i++) {
      if (source === undefined || source.id !== sourceIds[i]) source = this.#sourceAt(i);
      values[i] = read(source, rows[i] ?? 0);
    }
    return values;
  }

  #readTargetValues(width: number): Float32Array {
    const values = new Float32Array(this.length * width);
    for (const [position, row] of this.references.rows.entries()) {
      const { floatTargets } = this.#sourceAt(position);
      if (floatTargets) values.set(floatTargets.data.subarray(row * width, (row + 1) * width), position * width);
    }
    return values;
  }

  #sourceAt(position: number): DataSource {
    const isThere = position >= 0 && position < this.length;
    const id = isThere && this.#index ? this.#index.sourceIdAt(position) : this.references.sourceIds[position];
    if (id === undefined) throw new RangeRefusal(needs("the data set", `a position below ${this.length}`, position));
    const source = this.sources.get(id);
    if (!source) throw new RangeRefusal(needs("the data set", `one of the sources ${[...this.sources.keys()]}`, id));
    return source;
  }
}

/** @throws {RangeRefusal} If targets of these sources cannot be in one minibatch. */
function assertOneForm(sources: Iterable<DataSource>): void {
  let first: DataSource | undefined;
  for (const source of sources) {
    first ??= source;
    const [form, other] = [first.floatTargets ?? CLASS_FORM, source.floatTargets ?? CLASS_FORM];
    if (form.kind === other.kind && form.width === other.width) continue;
    const wanted = `targets of one kind: ${first.name} has ${describeTargetForm(form)}`;
    throw new RangeRefusal(`data sets in one need ${wanted}, ${source.name} ${describeTargetForm(other)}`);
  }
}
