import { RangeRefusal } from "../../core/errors/errors.ts";
import type { OptionRules } from "../../core/options/assert_options.ts";
import { number, wholeNumber } from "../../core/options/value_rules.ts";
import type { SavedState } from "../../core/saved_state.ts";
import { addScaled } from "../../core/vector.ts";
import type { DataSource } from "../../data/data_source.ts";
import { Dataset } from "../../data/dataset.ts";
import { findRowDemand } from "../../engine/tfjs/row_demand.ts";
import { ReservoirSamplingBuffer } from "../../memory/buffers/reservoir_sampling_buffer.ts";
import { restoreBuffer, saveBuffer } from "../../memory/buffers/saved_buffer.ts";
import { drawSamples } from "../../memory/selection/draw_samples.ts";
import { BaseStrategy } from "../../training/loop/base_strategy.ts";
import type { Trait } from "../../training/loop/combination_rules.ts";
import { type StrategyOptions, splitStrategyOptions } from "../../training/loop/strategy_options.ts";

/** What meta-experience replay remembers, and how far it goes. */
export interface MEROptions {
  /** Samples kept in all; 200 if left out. */
  readonly memSize?: number;
  /** Remembered samples in each inner batch; 10 if left out. */
  readonly batchSizeMem?: number;
  /** Inner batches of a step, s in the paper; 5 if left out. */
  readonly innerBatches?: number;
  /** β, how far each inner batch moves; 0.1 if left out. */
  readonly beta?: number;
  /** γ, how far the whole step moves; 0.1 if left out. */
  readonly gamma?: number;
}

const MER_RULES: OptionRules<MEROptions> = {
  memSize: wholeNumber(1),
  batchSizeMem: wholeNumber(1),
  innerBatches: wholeNumber(1),
  beta: number({ atLeast: 0, atMost: 1 }),
  gamma: number({ atLeast: 0, atMost: 1 }),
};

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
  readonly #mer: Required<Omit<MEROptions, "memSize">>;

  /** @throws {RangeError} If an option is out of range. */
  constructor(options: StrategyOptions & MEROptions) {
    const [own, rest] = splitStrategyOptions("MER", options, MER_RULES);
    const { memSize = 200, batchSizeMem = 10, innerBatches = 5, beta = 0.1, gamma = 0.1 } = own;
    const layer = findRowDemand(options.model);
    if (layer !== undefined) {
      const reason = `the layer "${layer}" normalizes by the batch's variance, which takes 2`;
      throw new RangeRefusal(`MER: it trains on one sample at a time, and ${reason}: use a model without it`);
    }
    super(rest);
    this.#buffer = new ReservoirSamplingBuffer({ maxSize: memSize });
    this.#mer = { batchSizeMem, innerBatches, beta, gamma };
  }

  override get traits(): readonly Trait[] {
    return ["keepsMinibatchSamples"];
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
        addScaled(parameters, gradient, -this.optimizer.learningRate);
      }
      followTo(parameters, before, beta);
    }
    followTo(parameters, beforeAll, gamma);
    if (clock.trainExpEpochs === 0) this.#buffer.updateFromDataset(mbatch, randomStreams.get("buffer"));
  }

  override saveOwnState(): SavedState {
    return saveBuffer(this.#buffer);
  }

  override restoreOwnState(saved: SavedState, sources: ReadonlyMap<string, DataSource>): void {
    restoreBuffer(this.#buffer, saved, sources);
  }
}

/** Reptile's step, in place: parameters ← start + share · (parameters − start). */
function followTo(parameters: Float32Array, start: Float32Array, share: number): void {
  for (let i = 0; i < parameters.length; i++) {
    const from = start[i] ?? 0;
    parameters[i] = from + share * ((parameters[i] ?? 0) - from);
  }
}
