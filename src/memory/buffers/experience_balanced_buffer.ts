import { TypeRefusal } from "../../core/errors/errors.ts";
import { assertOptions, type OptionRules } from "../../core/options/assert_options.ts";
import { flag, required, wholeNumber } from "../../core/options/value_rules.ts";
import type { RandomStream } from "../../core/random_stream.ts";
import type { SavedState } from "../../core/saved_state.ts";
import type { Dataset } from "../../data/dataset.ts";
import type { SourcesByName } from "../../data/saved_dataset.ts";
import { isOnlineExperience } from "../../streams/online_experience.ts";
import type { BufferUpdateSource, ExemplarsBuffer } from "./exemplars_buffer.ts";
import { ReservoirGroups } from "./reservoir_groups.ts";
import type { ReservoirSamplingBuffer } from "./reservoir_sampling_buffer.ts";

/** What an `ExperienceBalancedBuffer` is made from. */
export interface ExperienceBalancedBufferOptions {
  readonly maxSize: number;
  /** True: the experiences seen so far share all the memory. False: each has maxSize / numExperiences. */
  readonly adaptiveSize?: boolean | undefined;
  /** How many experiences there will be; needed where the size is not adaptive. */
  readonly numExperiences?: number | undefined;
}

const EXPERIENCE_BALANCED_BUFFER_RULES: OptionRules<ExperienceBalancedBufferOptions> = {
  maxSize: required(wholeNumber(1)),
  adaptiveSize: flag(),
  numExperiences: wholeNumber(1),
};

/**
 * A uniform sample of every experience, in equal shares. Every update is an experience of its own, but for the pieces
 * of an online stream: those that were cut from one experience are one here, or the first pieces would fill the memory
 * for ever. Once there are as many experiences as room, later ones get none.
 */
export class ExperienceBalancedBuffer implements ExemplarsBuffer {
  readonly #groups: ReservoirGroups;

  /** @throws {RangeError} If a number is out of range. {TypeError} If `numExperiences` is needed and missing. */
  constructor(options: ExperienceBalancedBufferOptions) {
    assertOptions("ExperienceBalancedBuffer", options, EXPERIENCE_BALANCED_BUFFER_RULES);
    const { maxSize, adaptiveSize = true, numExperiences } = options;
    if (!adaptiveSize && numExperiences === undefined) {
      throw new TypeRefusal("ExperienceBalancedBuffer: adaptiveSize false requires numExperiences");
    }
    this.#groups = new ReservoirGroups("ExperienceBalancedBuffer", {
      maxSize,
      totalGroups: adaptiveSize ? undefined : numExperiences,
    });
  }

  get maxSize(): number {
    return this.#groups.maxSize;
  }

  /** Experience after experience. */
  get buffer(): Dataset {
    return this.#groups.buffer;
  }

  /** The reservoirs by the number of the update, or of the origin, that brought them, from 0; borrowed. */
  get bufferGroups(): ReadonlyMap<number, ReservoirSamplingBuffer> {
    return this.#groups.groups;
  }

  /** @throws {RangeError} If there are more experiences than `numExperiences`. */
  update({ experience, randomStreams }: BufferUpdateSource): void {
    const group = isOnlineExperience(experience) ? experience.originExperience.currentExperience : this.#nextGroup;
    this.#groups.update(new Map([[group, experience.dataset]]), randomStreams.get("buffer"));
  }

  /**
   * Takes in every sample of `dataset` once, as one experience.
   * @throws {RangeError} If there are more experiences than `numExperiences`.
   */
  updateFromDataset(dataset: Dataset, random: RandomStream): void {
    this.#groups.update(new Map([[this.#nextGroup, dataset]]), random);
  }

  resize(newSize: number): void {
    this.#groups.resize(newSize);
  }

  save(): SavedState {
    return this.#groups.save();
  }

  restore(saved: unknown, context: SourcesByName): void {
    this.#groups.restore(saved, context);
  }

  /** A number that no experience has: pieces may have brought one of a later experience. */
  get #nextGroup(): number {
    return Math.max(this.#groups.groupsSeen, ...[...this.#groups.groups.keys()].map((group) => group + 1));
  }
}
