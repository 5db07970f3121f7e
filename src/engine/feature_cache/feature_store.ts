import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { elementAt } from "../../core/element_at.ts";
import { RefusalError } from "../../core/errors/errors.ts";
import { describeReason, isSystemError } from "../../core/errors/system_error.ts";
import { findOrCreate } from "../../core/find_or_create.ts";
import { markFeatures } from "./mark_features.ts";
import {
  ABSENT,
  CLAIMED,
  type FeatureFilePlace,
  type FeatureSource,
  FeatureWord,
  type SharedFeatures,
} from "./shared_features.ts";

/** Reads or writes bytes of a file, from a position on; returns how many. */
type MoveBytes = (file: number, bytes: Uint8Array, offset: number, length: number, position: number) => number;

/** One replica's side of the features that all of them share. */
export class FeatureStore {
  readonly #features: SharedFeatures;
  readonly #sources: ReadonlyMap<number, FeatureSource>;
  /** Open files, by their paths. */
  readonly #files = new Map<string, number>();

  constructor(features: SharedFeatures) {
    this.#features = features;
    this.#sources = new Map(features.sources.map((source) => [source.sourceId, source]));
  }

  /** Whether a sample's features can be read. */
  has(sourceId: number, row: number): boolean {
    const places = this.#sources.get(sourceId)?.places;
    return places !== undefined && Atomics.load(places, row) > ABSENT;
  }

  /**
   * Copies the features of a sample to `target` [D]. False where they are not known.
   * @throws {RefusalError} If their file cannot be read; the message names it.
   */
  read(sourceId: number, row: number, target: Float32Array): boolean {
    const source = this.#sources.get(sourceId);
    const place = source ? Atomics.load(source.places, row) : ABSENT;
    if (!source || place <= ABSENT) {
      Atomics.add(this.#features.counts, FeatureWord.computed, 1);
      return false;
    }
    if (source.file)
      this.#transfer(source.file, { bytes: viewBytes(target), at: placeRow(source.file, row, target) }, readSync);
    else target.set(this.#view(place - 1));
    Atomics.add(this.#features.counts, FeatureWord.found, 1);
    return true;
  }

  /**
   * Keeps the features [D] of a sample, unless somebody does already or there is no room.
   * @throws {RefusalError} If their file cannot be written to; the message names it.
   */
  write(sourceId: number, row: number, values: Float32Array): void {
    const source = this.#sources.get(sourceId);
    if (!source || Atomics.compareExchange(source.places, row, ABSENT, CLAIMED) !== ABSENT) return;
    let place: number = ABSENT;
    try {
      place = source.file ? this.#writeToFile(source.file, row, values) : this.#writeToSegment(values);
    } finally {
      Atomics.store(source.places, row, place);
    }
  }

  /** Closes what is open. */
  close(): void {
    for (const file of this.#files.values()) closeSync(file);
    this.#files.clear();
  }

  /** @returns The place of the row, `ABSENT` where there is no room. */
  #writeToSegment(values: Float32Array): number {
    const { counts, segments, rowsPerSegment } = this.#features;
    const place = Atomics.add(counts, FeatureWord.places, 1);
    if (place >= segments.length * rowsPerSegment) return ABSENT;
    this.#view(place).set(values);
    return place + 1;
  }

  #writeToFile(file: FeatureFilePlace, row: number, values: Float32Array): number {
    const bytes = viewBytes(values);
    this.#transfer(file, { bytes, at: placeRow(file, row, values) }, writeSync);
    // Behind the row, so that a mark vouches for it.
    const mark = markFeatures(bytes);
    if (file.marks !== undefined) this.#transfer(file, { bytes: mark, at: file.marks + row * mark.length }, writeSync);
    return 1;
  }

  #view(place: number): Float32Array {
    const { segments, rowsPerSegment, width } = this.#features;
    const start = (place % rowsPerSegment) * width;
    return elementAt(segments, Math.floor(place / rowsPerSegment)).subarray(start, start + width);
  }

  /** Moves bytes from a file or to it, all of them. */
  #transfer(
    { path, marks }: FeatureFilePlace,
    { bytes, at: from }: { readonly bytes: Uint8Array; readonly at: number },
    move: MoveBytes,
  ): void {
    try {
      const file = findOrCreate(this.#files, path, () => openSync(path, marks === undefined ? "r" : "r+"));
      for (let at = 0; at < bytes.length; ) {
        const count = move(file, bytes, at, bytes.length - at, from + at);
        if (count === 0) throw new RefusalError(`${path}: truncated file of features; remove it`);
        at += count;
      }
    } catch (cause) {
      throw isSystemError(cause) ? new RefusalError(`${path}: ${describeReason(cause)}`, { cause }) : cause;
    }
  }
}

function viewBytes({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function placeRow({ start }: FeatureFilePlace, row: number, { byteLength }: Float32Array): number {
  return start + row * byteLength;
}
