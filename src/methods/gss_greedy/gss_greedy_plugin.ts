import { resolveOptions } from "../../core/options/option_schema.ts";
import { dot } from "../../core/vector.ts";
import { Dataset } from "../../data/dataset.ts";
import { GIVEN_VECTORS, type HeldProducts, HeldVectors } from "../../kernels/held_vectors.ts";
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
 * Costs a gradient of its own for every new sample, shared out over the replicas. Avalanche compares with whole
 * minibatches of the memory instead.
 * @see Aljundi et al. 2019, Gradient based sample selection for online continual learning, arXiv:1903.08671
 */
export class GSSGreedyPlugin implements StrategyPlugin {
  readonly name = "GSSGreedyPlugin";
  readonly traits: readonly Trait[] = ["keepsMinibatchSamples", "needsHardLabels"];
  readonly memory: ScoredSamples;
  readonly #memStrength: number;
  readonly #batchSizeMem: number | undefined;
  /** The gradients of the samples that new ones are compared with. */
  readonly #directions = new HeldVectors();

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
    const directions = this.#directions;
    directions.reserve(compared.length, strategy.cluster.model.layout.size);
    const lengths: number[] = [];
    await strategy.visitGradientsOn(compared, (gradient) => {
      directions.hold(lengths.length, gradient);
      lengths.push(Math.sqrt(dot(gradient, gradient)));
    });
    const scores: number[] = [];
    let waiting = 0;
    const score = () => {
      for (const made of directions.multiply(waiting)) scores.push(1 + findLargestCosine(made, lengths));
      waiting = 0;
    };
    await strategy.visitGradientsOn(samples, (gradient) => {
      directions.give(waiting, gradient);
      waiting += 1;
      if (waiting === GIVEN_VECTORS) score();
    });
    score();
    return scores;
  }
}

/** Greedy gradient-based sample selection: a `GSSGreedyPlugin` after the other plugins. */
export class GSS_greedy extends strategyWith(GSSGreedyPlugin, gssGreedy.options) {}

/**
 * The largest cosine of the angles between a vector and those held, from its products and their lengths; 0 where one is
 * zero.
 */
export function findLargestCosine({ products, square }: HeldProducts, lengths: readonly number[]): number {
  const length = Math.sqrt(square) || 1;
  return Math.max(...lengths.map((other, i) => (products[i] ?? 0) / (length * (other || 1))));
}

/** By the names under which a list of methods loads them. */
export { GSS_greedy as strategy, GSSGreedyPlugin as plugin };
