import { resolveOptions } from "../../core/options/option_schema.ts";
import { Dataset } from "../../data/dataset.ts";
import { drawSamples } from "../../memory/selection/draw_samples.ts";
import { ScoredSamples } from "../../memory/selection/scored_samples.ts";
import type { BaseStrategy } from "../../training/loop/base_strategy.ts";
import type { Trait } from "../../training/loop/combination_rules.ts";
import type { RehearseExperience } from "../../training/loop/rehearsal.ts";
import type { PluginState, StrategyPlugin } from "../../training/loop/strategy_plugin.ts";
import { strategyWith } from "../strategy_with.ts";
import { type GSSGreedyOptions, gssGreedy } from "./options.ts";

/** The score of the first sample of all, to which nothing can be compared: as if it resembled the others little. */
const FIRST_SCORE = 0.1;

/**
 * GSS-greedy: keeps samples whose gradients point in many directions. Each new sample's score is 1 + the largest cosine
 * between its gradient and those of a few random remembered samples; one with a score below 1 may replace a remembered
 * one. Every minibatch is joined by a random draw of the memory. The random samples are drawn once a minibatch, and an
 * experience's samples are offered in its first epoch.
 *
 * Costs little more than one gradient for a minibatch with dense layers, and a gradient of its own for every new sample
 * with others, shared out over the replicas. Avalanche compares with gradients of whole minibatches of the memory, and
 * once that is full looks at single samples only where the new minibatch's gradient is at an obtuse angle to those.
 * @see Aljundi et al. 2019, Gradient based sample selection for online continual learning, arXiv:1903.08671
 */
export class GSSGreedyPlugin implements StrategyPlugin {
  readonly name = "GSSGreedyPlugin";
  readonly traits: readonly Trait[] = ["keepsMinibatchSamples", "needsHardLabels"];
  readonly memory: ScoredSamples;
  readonly #memStrength: number;
  readonly #batchSizeMem: number | undefined;

  /** @throws {RangeError} If a number is out of range. */
  constructor(given: GSSGreedyOptions = {}) {
    const options = resolveOptions("GSSGreedyPlugin", given, gssGreedy.options);
    const { memSize, memStrength, batchSizeMem } = options;
    this.memory = new ScoredSamples(memSize);
    this.#memStrength = memStrength;
    this.#batchSizeMem = batchSizeMem;
  }

  get state(): PluginState {
    return this.memory;
  }

  rehearse(): RehearseExperience {
    let remembered = this.memory.samples.length;
    return (expected) => {
      const { dataset, batchSize, joinedRows } = expected;
      // The first minibatch of all finds nothing to replay.
      const isAlone = remembered === 0 && dataset.length <= batchSize;
      remembered += dataset.length;
      return isAlone ? expected : { ...expected, joinedRows: joinedRows + 1 };
    };
  }

  async beforeTrainingIteration(strategy: BaseStrategy): Promise<void> {
    const { mbatch, randomStreams, clock, trainMbSize } = strategy;
    const random = randomStreams.get("gss");
    const remembered = drawSamples(this.memory.samples, this.#batchSizeMem ?? trainMbSize, random);
    if (clock.trainExpEpochs === 0) {
      const compared = drawSamples(this.memory.samples, this.#memStrength, random);
      this.memory.offer(mbatch, await this.#scoreSamples(strategy, mbatch, compared), random);
    }
    if (remembered.length > 0) strategy.mbatch = Dataset.concat([mbatch, remembered]);
  }

  /** 1 + the largest cosine between each new sample's gradient and those of the samples that it is compared with. */
  async #scoreSamples(strategy: BaseStrategy, samples: Dataset, compared: Dataset): Promise<number[]> {
    if (compared.length === 0) return Array.from(samples.targets, () => FIRST_SCORE);
    const { data } = await strategy.compareGradientsOn(samples, compared);
    const count = compared.length;
    return Array.from(samples.targets, (_, i) => {
      const cosines = data.subarray(i * count, (i + 1) * count);
      return 1 + cosines.reduce((largest, cosine) => Math.max(largest, cosine));
    });
  }
}

/** Greedy gradient-based sample selection: a `GSSGreedyPlugin` after the other plugins. */
export class GSS_greedy extends strategyWith(GSSGreedyPlugin, gssGreedy.options) {}

/** By the names under which a list of methods loads them. */
export { GSS_greedy as strategy, GSSGreedyPlugin as plugin };
