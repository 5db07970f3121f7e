import type { Compatibility } from "../../core/options/compatibility.ts";
import { Dataset } from "../../data/dataset.ts";
import { ClassBalancedBuffer } from "../../memory/buffers/class_balanced_buffer.ts";
import { ReservoirSamplingBuffer } from "../../memory/buffers/reservoir_sampling_buffer.ts";
import { drawSamples } from "../../memory/selection/draw_samples.ts";
import type { BaseStrategy } from "../../training/loop/base_strategy.ts";
import type { Trait } from "../../training/loop/combination_rules.ts";
import type { RehearseExperience } from "../../training/loop/rehearsal.ts";

/** What is remembered, and how much of it is replayed. */
export interface MinibatchMemoryOptions {
  /** Samples kept in all. */
  readonly memSize: number;
  /** Remembered samples beside each minibatch. */
  readonly batchSizeMem: number;
  readonly compatibility: Compatibility;
}

/**
 * The memory of methods that tell new samples from remembered ones in a minibatch. In the paper's way a reservoir that
 * takes in every minibatch of an experience's first epoch; in Avalanche's a class-balanced one that takes in a whole
 * experience before it is trained, and is not replayed in the first.
 * @see Caccia et al. 2022, New Insights on Reducing Abrupt Representation Change in Online Continual Learning,
 * arXiv:2203.03798
 */
export class MinibatchMemory {
  readonly storagePolicy: ReservoirSamplingBuffer | ClassBalancedBuffer;
  readonly #options: MinibatchMemoryOptions;
  /** The random stream that replayed samples are drawn from. */
  readonly #stream: string;
  #current = Dataset.empty();

  constructor(stream: string, options: MinibatchMemoryOptions) {
    const { memSize, compatibility } = options;
    const Policy = compatibility === "paper" ? ReservoirSamplingBuffer : ClassBalancedBuffer;
    this.storagePolicy = new Policy({ maxSize: memSize });
    this.#options = options;
    this.#stream = stream;
  }

  /** What its plugin declares of it. */
  get traits(): readonly Trait[] {
    return this.#options.compatibility === "paper" ? ["keepsMinibatchSamples"] : [];
  }

  /** The minibatch without what is remembered. */
  get current(): Dataset {
    return this.#current;
  }

  /** What its plugin says of an experience's training. */
  rehearse(): RehearseExperience {
    let remembered = this.storagePolicy.buffer.length;
    const takesMinibatches = this.#options.compatibility === "paper";
    return (expected) => {
      const { dataset, batchSize, joinedRows } = expected;
      // The first minibatch of all finds nothing to replay.
      const isAlone = remembered === 0 && !(takesMinibatches && dataset.length > batchSize);
      remembered += dataset.length;
      return isAlone ? expected : { ...expected, joinedRows: joinedRows + 1 };
    };
  }

  /** To be called before an experience is trained. */
  beginExperience(strategy: BaseStrategy): void {
    if (this.#options.compatibility === "avalanche") this.storagePolicy.update(strategy);
  }

  /** Puts remembered samples behind those of the minibatch. To be called before an iteration. */
  extendMinibatch(strategy: BaseStrategy): void {
    const { mbatch, randomStreams, clock } = strategy;
    const { buffer } = this.storagePolicy;
    const { batchSizeMem, compatibility } = this.#options;
    this.#current = mbatch;
    if (buffer.length === 0 || (compatibility === "avalanche" && clock.trainExpCounter === 0)) return;
    strategy.mbatch = Dataset.concat([mbatch, drawSamples(buffer, batchSizeMem, randomStreams.get(this.#stream))]);
  }

  /** Remembers the minibatch. To be called after an iteration. */
  takeMinibatch({ randomStreams, clock }: BaseStrategy): void {
    if (this.#options.compatibility === "avalanche" || clock.trainExpEpochs > 0) return;
    this.storagePolicy.updateFromDataset(this.#current, randomStreams.get("buffer"));
  }
}
