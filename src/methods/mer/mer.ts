import { RangeRefusal } from "../../core/errors/errors.ts";
import { fillDefaults, type ResolvedOptions } from "../../core/options/option_schema.ts";
import { Dataset } from "../../data/dataset.ts";
import { findRowDemand } from "../../engine/tfjs/row_demand.ts";
import { ReservoirSamplingBuffer } from "../../memory/buffers/reservoir_sampling_buffer.ts";
import { drawSamples } from "../../memory/selection/draw_samples.ts";
import { descend } from "../../optimizers/step_segments.ts";
import { BaseStrategy } from "../../training/loop/base_strategy.ts";
import type { Trait } from "../../training/loop/combination_rules.ts";
import { type StrategyOptions, splitStrategyOptions } from "../../training/loop/strategy_options.ts";
import type { PluginState } from "../../training/loop/strategy_plugin.ts";
import { type MEROptions, mer } from "./options.ts";

/**
 * Meta-experience replay: a step goes through several batches of the minibatch and remembered samples, one sample at a
 * time by plain gradient descent with the optimizer's learning rate, and follows Reptile: θ ← θ₀ + β(θ − θ₀) after each
 * batch and θ ← θ₀ + γ(θ − θ₀) after all. So gradients of different samples come to agree. The optimizer's own rule is
 * not used. A reservoir takes in every minibatch of an experience's first epoch. Costs a gradient for every sample of
 * every inner batch.
 * @see Riemer et al. 2019, Learning to Learn without Forgetting by Maximizing Transfer and Minimizing Interference,
 * arXiv:1810.11910, algorithm 1
 */
export class MER extends BaseStrategy {
  readonly #buffer: ReservoirSamplingBuffer;
  readonly #mer: ResolvedOptions<typeof mer.options>;

  /** @throws {RangeError} If an option is out of range. */
  constructor(options: StrategyOptions & MEROptions) {
    const [own, rest] = splitStrategyOptions<MEROptions>("MER", options, mer.options);
    const layer = findRowDemand(options.model);
    if (layer !== undefined) {
      const reason = `the layer "${layer}" normalizes by the batch's variance, which takes 2`;
      throw new RangeRefusal(`MER: it trains on one sample at a time, and ${reason}: use a model without it`);
    }
    super(rest);
    this.#mer = fillDefaults(own, mer.options);
    this.#buffer = new ReservoirSamplingBuffer({ maxSize: this.#mer.memSize });
  }

  override get traits(): readonly Trait[] {
    return ["keepsMinibatchSamples", "needsHardLabels"];
  }

  /** Its inner steps look at the strategy's own criterion alone. */
  override get excludes(): readonly Trait[] {
    return ["changesLoss", "replacesCriterion"];
  }

  /** The inner steps have gradients of their own. */
  override async backward(): Promise<number> {
    return this.loss;
  }

  override async optimizerStep(): Promise<void> {
    const { parameters, mbatch, clock, randomStreams } = this;
    const { batchSizeMem, innerBatches, beta, gamma } = this.#mer;
    const random = randomStreams.get("mer");
    const beforeAll = Float32Array.from(parameters);
    for (let batch = 0; batch < innerBatches; batch++) {
      const before = Float32Array.from(parameters);
      const samples = Dataset.concat([mbatch, drawSamples(this.#buffer.buffer, batchSizeMem, random)]);
      for (const position of random.permutation(samples.length)) {
        const gradient = await this.gradientOn(samples.subset([position]), { training: true });
        descend({ parameters, gradient }, { optimizer: this.presentRates, layout: this.cluster.model.layout });
      }
      followTo(parameters, before, beta);
    }
    followTo(parameters, beforeAll, gamma);
    if (clock.trainExpEpochs === 0) this.#buffer.updateFromDataset(mbatch, randomStreams.get("buffer"));
  }

  override get ownState(): PluginState {
    return this.#buffer;
  }
}

/** Reptile's step, in place: parameters ← start + share · (parameters − start). */
function followTo(parameters: Float32Array, start: Float32Array, share: number): void {
  for (let i = 0; i < parameters.length; i++) {
    const from = start[i] ?? 0;
    parameters[i] = from + share * ((parameters[i] ?? 0) - from);
  }
}

/** By the names under which a list of methods loads them. */
export { MER as strategy };
