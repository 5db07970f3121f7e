/** Features of samples, [D] each, by source and row, up to a number of bytes; without room all are forgotten. */
export class FeatureStore {
  readonly #width: number;
  readonly #capacity: number;
  #values: Float32Array;
  #places = new Map<number, Map<number, number>>();
  #count = 0;

  /** @param width D. */
  constructor(width: number, maxBytes: number) {
    this.#width = width;
    this.#capacity = Math.floor(maxBytes / (width * Float32Array.BYTES_PER_ELEMENT));
    this.#values = new Float32Array(0);
  }

  /** How many samples it can hold. */
  get capacity(): number {
    return this.#capacity;
  }

  /** The features of a sample, borrowed until the next `add`; undefined where they are not known. */
  find(sourceId: number, row: number): Float32Array | undefined {
    const place = this.#places.get(sourceId)?.get(row);
    return place === undefined ? undefined : this.#view(place);
  }

  /** Keeps a sample's features. */
  add(sourceId: number, row: number, features: Float32Array): void {
    if (this.#capacity === 0) return;
    if (this.#count === this.#capacity) this.clear();
    this.#reserve(this.#count + 1);
    this.#view(this.#count).set(features);
    const rows = this.#places.get(sourceId) ?? new Map<number, number>();
    rows.set(row, this.#count);
    this.#places.set(sourceId, rows);
    this.#count += 1;
  }

  /** Forgets all, and keeps the memory. */
  clear(): void {
    this.#places = new Map();
    this.#count = 0;
  }

  #view(place: number): Float32Array {
    return this.#values.subarray(place * this.#width, (place + 1) * this.#width);
  }

  /** Twice as much as before, within the capacity. */
  #reserve(count: number): void {
    if (count * this.#width <= this.#values.length) return;
    const grown = new Float32Array(Math.min(this.#capacity, Math.max(64, 2 * count)) * this.#width);
    grown.set(this.#values);
    this.#values = grown;
  }
}
