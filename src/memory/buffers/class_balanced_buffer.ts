import { TypeRefusal } from "../../core/errors/errors.ts";
import { assertOptions, type OptionRules } from "../../core/options/assert_options.ts";
import { flag, required, wholeNumber } from "../../core/options/value_rules.ts";
import type { RandomStream } from "../../core/random_stream.ts";
import type { SavedState } from "../../core/saved_state.ts";
import type { Dataset } from "../../data/dataset.ts";
import { groupPositions } from "../../data/group_positions.ts";
import type { SourcesByName } from "../../data/saved_dataset.ts";
import type { BufferUpdateSource, ExemplarsBuffer } from "./exemplars_buffer.ts";
import { ReservoirGroups } from "./reservoir_groups.ts";
import type { ReservoirSamplingBuffer } from "./reservoir_sampling_buffer.ts";

/** What a `ClassBalancedBuffer` is made from. */
export interface ClassBalancedBufferOptions {
  readonly maxSize: number;
  /** True: the classes seen so far share all the memory. False: every class has maxSize / totalNumClasses. */
  readonly adaptiveSize?: boolean | undefined;
  /** How many classes there will be; needed where the size is not adaptive. */
  readonly totalNumClasses?: number | undefined;
}

const CLASS_BALANCED_BUFFER_RULES: OptionRules<ClassBalancedBufferOptions> = {
  maxSize: required(wholeNumber(1)),
  adaptiveSize: flag(),
  totalNumClasses: wholeNumber(1),
};

/**
 * A uniform sample of every class, in equal shares. Unlike Avalanche's, an adaptive one lends the room that a small
 * class leaves to the others; each class stays a uniform sample of all that was seen of it.
 */
export class ClassBalancedBuffer implements ExemplarsBuffer {
  readonly #groups: ReservoirGroups;

  /** @throws {RangeError} If a number is out of range. {TypeError} If `totalNumClasses` is needed and missing. */
  constructor(options: ClassBalancedBufferOptions) {
    assertOptions("ClassBalancedBuffer", options, CLASS_BALANCED_BUFFER_RULES);
    const { maxSize, adaptiveSize = true, totalNumClasses } = options;
    if (!adaptiveSize && totalNumClasses === undefined) {
      throw new TypeRefusal("ClassBalancedBuffer: adaptiveSize false requires totalNumClasses");
    }
    this.#groups = new ReservoirGroups("ClassBalancedBuffer", {
      maxSize,
      totalGroups: adaptiveSize ? undefined : totalNumClasses,
    });
  }

  get maxSize(): number {
    return this.#groups.maxSize;
  }

  /** Class after class, in the order in which the classes came; ascending ids within one update. */
  get buffer(): Dataset {
    return this.#groups.buffer;
  }

  /** The reservoirs by class id; borrowed. */
  get bufferGroups(): ReadonlyMap<number, ReservoirSamplingBuffer> {
    return this.#groups.groups;
  }

  update({ experience, randomStreams }: BufferUpdateSource): void {
    this.updateFromDataset(experience.dataset, randomStreams.get("buffer"));
  }

  /**
   * Takes in every sample of `dataset` once.
   * @throws {RangeError} If there are more classes than `totalNumClasses`.
   */
  updateFromDataset(dataset: Dataset, random: RandomStream): void {
    const positions = [...groupPositions(dataset.targets)];
    this.#groups.update(new Map(positions.map(([id, chosen]) => [id, dataset.subset(chosen)])), random);
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
}
