import type { DataSource } from "../../data/data_source.ts";
import { Dataset } from "../../data/dataset.ts";

/** The sources that a changing set of samples comes from, by how many of them: those of none are forgotten. */
export class CountedSources {
  readonly #counts = new Map<number, number>();
  #sources: ReadonlyMap<number, DataSource> = new Map();

  /** By id; never written to again. */
  get used(): ReadonlyMap<number, DataSource> {
    return this.#sources;
  }

  /** @throws {RangeError} If their targets are of another kind than those of the others. */
  add(samples: Dataset): void {
    const { sourceIds } = samples.references;
    const isKnown = sourceIds.every((id) => this.#counts.has(id));
    if (!isKnown) {
      // Joined where they are compared.
      const { sources } = Dataset.concat([new Dataset(this.#sources, NOTHING), samples.dropUnusedSources()]);
      this.#sources = sources;
    }
    for (const id of sourceIds) this.#counts.set(id, (this.#counts.get(id) ?? 0) + 1);
  }

  remove(sourceIds: Int32Array): void {
    const left: number[] = [];
    for (const id of sourceIds) {
      const count = (this.#counts.get(id) ?? 0) - 1;
      this.#counts.set(id, count);
      if (count <= 0) left.push(id);
    }
    if (left.length === 0) return;
    for (const id of left) this.#counts.delete(id);
    this.#sources = new Map([...this.#sources].filter(([id]) => this.#counts.has(id)));
  }
}

const NOTHING = { sourceIds: new Int32Array(0), rows: new Int32Array(0) };
