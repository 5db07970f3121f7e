import type { RandomStream } from "../../core/random_stream.ts";
import { parseSavedList, parseSavedRecord, type SavedState } from "../../core/saved_state.ts";
import type { DataSource } from "../../data/data_source.ts";
import { Dataset } from "../../data/dataset.ts";
import { parseSavedDataset, restoreDataset, saveDataset } from "../../data/saved_dataset.ts";
import type { Experience } from "../../streams/experience.ts";
import { isOnlineExperience } from "../../streams/online_experience.ts";
import { drawSamples } from "../selection/draw_samples.ts";
import { ReservoirSamplingBuffer } from "./reservoir_sampling_buffer.ts";
import { restoreBuffer, saveBuffer } from "./saved_buffer.ts";

/**
 * A few random samples of every past experience, kept apart: the memory of GEM and A-GEM. It grows with the stream. The
 * pieces of an online stream are one experience, that which they were cut from, and past when the last of them is.
 * @see Lopez-Paz and Ranzato 2017, arXiv:1706.08840
 */
export class EpisodicMemory {
  readonly patternsPerExperience: number;
  #parts: Dataset[] = [];
  #samples = Dataset.empty();
  /** What is kept of an online stream's experience while its pieces come. */
  #open: ReservoirSamplingBuffer | undefined;

  /** @param patternsPerExperience A whole number of at least 1. */
  constructor(patternsPerExperience: number) {
    this.patternsPerExperience = patternsPerExperience;
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
  add(experience: Experience, random: RandomStream): void {
    if (!isOnlineExperience(experience)) {
      this.#keep(drawSamples(experience.dataset, this.patternsPerExperience, random));
      return;
    }
    if (experience.isFirstSubexp) this.#close();
    this.#open ??= new ReservoirSamplingBuffer({ maxSize: this.patternsPerExperience });
    this.#open.updateFromDataset(experience.dataset, random);
    if (experience.isLastSubexp) this.#close();
  }

  save(): SavedState {
    const parts = this.#parts.map((part) => ({ ...saveDataset(part) }));
    return { parts, open: this.#open ? saveBuffer(this.#open) : null };
  }

  /** Goes on from what `save` gave, on sources found by name. */
  restore(saved: SavedState, sources: ReadonlyMap<string, DataSource>): void {
    const act = "the saved state of an episodic memory";
    const { parts, open = null } = parseSavedRecord(act, saved);
    this.#parts = parseSavedList(act, parts).map((part) => restoreDataset(parseSavedDataset(part), sources));
    this.#samples = Dataset.concat(this.#parts);
    this.#open = undefined;
    if (open === null) return;
    this.#open = new ReservoirSamplingBuffer({ maxSize: this.patternsPerExperience });
    restoreBuffer(this.#open, open, sources);
  }

  /** The experience whose pieces came is over. */
  #close(): void {
    if (this.#open) this.#keep(this.#open.buffer);
    this.#open = undefined;
  }

  #keep(samples: Dataset): void {
    const part = samples.dropUnusedSources();
    this.#parts.push(part);
    this.#samples = Dataset.concat([this.#samples, part]);
  }
}
