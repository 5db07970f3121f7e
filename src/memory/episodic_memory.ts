import { assertWholeNumber } from "../core/errors.ts";
import type { RandomStream } from "../core/random_stream.ts";
import { parseSavedList, type SavedState } from "../core/saved_state.ts";
import type { DataSource } from "../data/data_source.ts";
import { Dataset } from "../data/dataset.ts";
import { parseSavedDataset, restoreDataset, saveDataset } from "../data/saved_dataset.ts";
import { drawSamples } from "./draw_samples.ts";

/**
 * A few random samples of every past experience, kept apart: the memory of GEM and A-GEM. It grows with the stream.
 * @see Lopez-Paz and Ranzato 2017, arXiv:1706.08840
 */
export class EpisodicMemory {
  readonly #patternsPerExperience: number;
  #parts: Dataset[] = [];
  #samples = Dataset.empty();

  /** @throws {RangeError} If `patternsPerExperience` is not a whole number of at least 1. */
  constructor(act: string, patternsPerExperience: number) {
    assertWholeNumber(act, "patternsPerExperience", patternsPerExperience, 1);
    this.#patternsPerExperience = patternsPerExperience;
  }

  /** One data set a past experience, in their order; borrowed. */
  get parts(): readonly Dataset[] {
    return this.#parts;
  }

  /** The samples of all past experiences. */
  get samples(): Dataset {
    return this.#samples;
  }

  /** Keeps a random choice of an experience's samples. */
  add(experience: Dataset, random: RandomStream): void {
    const part = drawSamples(experience, this.#patternsPerExperience, random).dropUnusedSources();
    this.#parts.push(part);
    // Two at a time: an online stream has thousands of parts.
    this.#samples = Dataset.concat([this.#samples, part]);
  }

  save(): SavedState {
    return this.#parts.map((part) => ({ ...saveDataset(part) }));
  }

  /** Goes on from what `save` gave, on sources found by name. */
  restore(saved: SavedState, sources: ReadonlyMap<string, DataSource>): void {
    const parts = parseSavedList("restore an episodic memory", saved);
    this.#parts = parts.map((part) => restoreDataset(parseSavedDataset(part), sources));
    this.#samples = Dataset.concat(this.#parts);
  }
}
