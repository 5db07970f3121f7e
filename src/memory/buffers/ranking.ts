import { elementAt } from "../../core/element_at.ts";
import { findPart, joinReferences, type SampleIndex, type SampleReferences } from "../../data/sample_index.ts";

/** Samples in one piece of a ranking, about: what an insertion copies. */
const CHUNK_SIZE = 256;

/** Samples with their keys, highest first. */
export interface RankedSamples extends SampleReferences {
  readonly keys: Float64Array;
}

/**
 * Samples by their keys, highest first, in pieces that are never written to again: a ranking with a few samples more
 * shares all other pieces with the one before, so its cost hardly grows with the ranking.
 */
export class Ranking implements SampleIndex {
  readonly length: number;
  readonly #chunks: readonly RankedSamples[];
  /** The position at which each piece begins. */
  readonly #starts: Int32Array;

  private constructor(chunks: readonly RankedSamples[]) {
    this.#chunks = chunks;
    this.#starts = new Int32Array(chunks.length);
    let length = 0;
    for (let i = 0; i < chunks.length; i++) {
      this.#starts[i] = length;
      length += chunks[i]?.keys.length ?? 0;
    }
    this.length = length;
  }

  static empty(): Ranking {
    return new Ranking([]);
  }

  /** @param samples Borrowed; their keys descend. */
  static from(samples: RankedSamples): Ranking {
    return new Ranking(splitChunk(samples));
  }

  /** The lowest key; −1 where there is none. */
  get lowestKey(): number {
    return this.#chunks.at(-1)?.keys.at(-1) ?? -1;
  }

  sourceIdAt(position: number): number {
    const place = findPart(this.#starts, position);
    return this.#chunks[place]?.sourceIds[position - (this.#starts[place] ?? 0)] ?? 0;
  }

  rowAt(position: number): number {
    const place = findPart(this.#starts, position);
    return this.#chunks[place]?.rows[position - (this.#starts[place] ?? 0)] ?? 0;
  }

  collect(): SampleReferences {
    return joinReferences(this.#chunks);
  }

  /** All keys [length]; the caller owns them. */
  collectKeys(): Float64Array<ArrayBuffer> {
    const keys = new Float64Array(this.length);
    for (const [i, chunk] of this.#chunks.entries()) keys.set(chunk.keys, this.#starts[i]);
    return keys;
  }

  /** The same with further samples, behind those that have equal keys. */
  insert(added: RankedSamples): Ranking {
    const count = added.keys.length;
    const last = this.#chunks.length - 1;
    const chunks: RankedSamples[] = [];
    let from = 0;
    let place = 0;
    while (from < count && place <= last) {
      const next = this.#findChunk(added.keys[from] ?? -1, place);
      for (; place < next; place++) chunks.push(elementAt(this.#chunks, place));
      const chunk = elementAt(this.#chunks, place);
      const lowest = lowestOf(chunk);
      let end = from + 1;
      while (end < count && (place === last || (added.keys[end] ?? -1) > lowest)) end += 1;
      chunks.push(...splitChunk(mergeChunks(chunk, cutChunk(added, from, end))));
      from = end;
      place += 1;
    }
    if (from < count) chunks.push(...splitChunk(cutChunk(added, from, count)));
    for (; place <= last; place++) chunks.push(elementAt(this.#chunks, place));
    return new Ranking(chunks);
  }

  /** The first `length`, and those behind. */
  cut(length: number): { readonly kept: Ranking; readonly dropped: readonly RankedSamples[] } {
    if (length >= this.length) return { kept: this, dropped: [] };
    const place = findPart(this.#starts, length);
    const chunk = this.#chunks[place];
    if (!chunk) return { kept: this, dropped: [] };
    const inside = length - (this.#starts[place] ?? 0);
    const front = inside > 0 ? [cutChunk(chunk, 0, inside)] : [];
    return {
      kept: new Ranking([...this.#chunks.slice(0, place), ...front]),
      dropped: [cutChunk(chunk, inside, chunk.keys.length), ...this.#chunks.slice(place + 1)],
    };
  }

  /** The first piece from `start` on with a key below `key`; the last one where there is none. */
  #findChunk(key: number, start: number): number {
    let low = start;
    let high = this.#chunks.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (lowestOf(elementAt(this.#chunks, middle)) < key) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

function lowestOf({ keys }: RankedSamples): number {
  return keys[keys.length - 1] ?? -1;
}

function cutChunk({ keys, sourceIds, rows }: RankedSamples, start: number, end: number): RankedSamples {
  return {
    keys: keys.subarray(start, end),
    sourceIds: sourceIds.subarray(start, end),
    rows: rows.subarray(start, end),
  };
}

/** Pieces of `CHUNK_SIZE`, unless there is less than two of them. */
function splitChunk(samples: RankedSamples): RankedSamples[] {
  const { length } = samples.keys;
  if (length < 2 * CHUNK_SIZE) return length === 0 ? [] : [samples];
  const chunks: RankedSamples[] = [];
  for (let start = 0; start < length; start += CHUNK_SIZE) {
    chunks.push(cutChunk(samples, start, Math.min(start + CHUNK_SIZE, length)));
  }
  return chunks;
}

function mergeChunks(old: RankedSamples, added: RankedSamples): RankedSamples {
  const length = old.keys.length + added.keys.length;
  const merged = {
    keys: new Float64Array(length),
    sourceIds: new Int32Array(length),
    rows: new Int32Array(length),
  };
  for (let i = 0, fromOld = 0, fromNew = 0; i < length; i++) {
    const isOld = fromNew === added.keys.length || (old.keys[fromOld] ?? -1) >= (added.keys[fromNew] ?? -1);
    const from = isOld ? old : added;
    const at = isOld ? fromOld++ : fromNew++;
    merged.keys[i] = from.keys[at] ?? 0;
    merged.sourceIds[i] = from.sourceIds[at] ?? 0;
    merged.rows[i] = from.rows[at] ?? 0;
  }
  return merged;
}
