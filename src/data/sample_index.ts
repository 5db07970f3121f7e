/** Which samples, in which order: sample i is row `rows[i]` of the source with id `sourceIds[i]`. */
export interface SampleReferences {
  readonly sourceIds: Int32Array;
  readonly rows: Int32Array;
}

/**
 * References that are looked up one by one where a few of many samples are asked for, as of a large memory. They never
 * change.
 */
export interface SampleIndex {
  readonly length: number;
  /** `position` is below `length`, here and below. */
  sourceIdAt(position: number): number;
  rowAt(position: number): number;
  /** All of them, in arrays that the caller owns. */
  collect(): SampleReferences;
}

/** Several indices, one after another. */
export class JoinedIndex implements SampleIndex {
  readonly length: number;
  readonly #parts: readonly SampleIndex[];
  /** The position at which each part begins. */
  readonly #starts: readonly number[];

  constructor(parts: readonly SampleIndex[]) {
    this.#parts = parts;
    let length = 0;
    this.#starts = parts.map((part) => {
      length += part.length;
      return length - part.length;
    });
    this.length = length;
  }

  sourceIdAt(position: number): number {
    const place = findPart(this.#starts, position);
    return this.#parts[place]?.sourceIdAt(position - (this.#starts[place] ?? 0)) ?? 0;
  }

  rowAt(position: number): number {
    const place = findPart(this.#starts, position);
    return this.#parts[place]?.rowAt(position - (this.#starts[place] ?? 0)) ?? 0;
  }

  collect(): SampleReferences {
    return joinReferences(this.#parts.map((part) => part.collect()));
  }
}

/** The last part that begins at `position` or before it, of ascending starts. */
export function findPart(starts: ArrayLike<number>, position: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= position) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** References one after another, in arrays that the caller owns. */
export function joinReferences(parts: readonly SampleReferences[]): SampleReferences {
  const length = parts.reduce((sum, { rows }) => sum + rows.length, 0);
  const joined = { sourceIds: new Int32Array(length), rows: new Int32Array(length) };
  let filled = 0;
  for (const { sourceIds, rows } of parts) {
    joined.sourceIds.set(sourceIds, filled);
    joined.rows.set(rows, filled);
    filled += rows.length;
  }
  return joined;
}
