import type { RandomStream } from "../../core/random_stream.ts";
import { declareState, list, made, optional } from "../../core/state/state.ts";
import { Dataset } from "../../data/dataset.ts";
import { datasetField } from "../../data/saved_dataset.ts";
import type { Experience } from "../../streams/experience.ts";
import { isOnlineExperience } from "../../streams/online_experience.ts";
import { drawSamples } from "../selection/draw_samples.ts";
import { ReservoirSamplingBuffer } from "./reservoir_sampling_buffer.ts";

/**
 * A few random samples of every past experience, kept apart: the memory of GEM and A-GEM. It grows with the stream. The
 * pieces of an online stream are one experience, that which they were cut from, and past when the last of them is.
 * @see Lopez-Paz and Ranzato 2017, arXiv:1706.08840
 */
export class EpisodicMemory {
  readonly patternsPerExperience: number;
  readonly #state = declareState(
    "an episodic memory",
    {
      parts: list(datasetField()),
      /** What is kept of an online stream's experience while its pieces come. */
      open: optional(made(() => new ReservoirSamplingBuffer({ maxSize: this.patternsPerExperience }))),
    },
    {
      restored: () => {
        this.#samples = Dataset.concat(this.#state.parts);
      },
    },
  );
  readonly save = this.#state.save;
  readonly restore = this.#state.restore;
  #samples = Dataset.empty();

  /** @param patternsPerExperience A whole number of at least 1. */
  constructor(patternsPerExperience: number) {
    this.patternsPerExperience = patternsPerExperience;
  }

  /** One data set a past experience, in their order; borrowed. */
  get parts(): readonly Dataset[] {
    return this.#state.parts;
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
    this.#state.open ??= new ReservoirSamplingBuffer({ maxSize: this.patternsPerExperience });
    this.#state.open.updateFromDataset(experience.dataset, random);
    if (experience.isLastSubexp) this.#close();
  }

  /** The experience whose pieces came is over. */
  #close(): void {
    if (this.#state.open) this.#keep(this.#state.open.buffer);
    this.#state.open = undefined;
  }

  #keep(samples: Dataset): void {
    const part = samples.dropUnusedSources();
    this.#state.parts.push(part);
    this.#samples = Dataset.concat([this.#samples, part]);
  }
}
