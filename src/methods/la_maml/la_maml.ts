import { fillDefaults, type ResolvedOptions } from "../../core/options/option_schema.ts";
import { createSharedFloat32 } from "../../core/shared/shared_memory.ts";
import { declareState, part, vector } from "../../core/state/state.ts";
import { dot, scaleVector } from "../../core/vector.ts";
import { Dataset } from "../../data/dataset.ts";
import { addScaled } from "../../kernels/add_scaled.ts";
import { ReservoirSamplingBuffer } from "../../memory/buffers/reservoir_sampling_buffer.ts";
import { drawSamples } from "../../memory/selection/draw_samples.ts";
import { BaseStrategy } from "../../training/loop/base_strategy.ts";
import type { Trait } from "../../training/loop/combination_rules.ts";
import { type StrategyOptions, splitStrategyOptions } from "../../training/loop/strategy_options.ts";
import type { PluginState } from "../../training/loop/strategy_plugin.ts";
import type { ModelGrowth } from "../../training/model/model_growth.ts";
import { type LaMAMLOptions, laMAML } from "./options.ts";

/**
 * La-MAML, first order: every parameter has a learning rate α of its own. A step goes through the minibatch part by
 * part, θₖ₊₁ = θₖ − α∘gₖ, and after each part takes the gradient Gₖ of the loss on the whole minibatch and remembered
 * samples there. Then α ← α + η mean Gₖ∘(g₀ + … + gₖ₋₁), and θ ← θ₀ − max(0, α)∘mean Gₖ. The optimizer's own rule is
 * not used. The model is not initialised anew; a reservoir takes in every minibatch of an experience's first epoch.
 * @see Gupta et al. 2020, La-MAML: Look-ahead Meta Learning for Continual Learning, arXiv:2007.13904, algorithm 2
 */
export class LaMAML extends BaseStrategy {
  readonly #meta: ResolvedOptions<typeof laMAML.options>;
  /** θₖ [P], in shared memory so that replicas read it in place. */
  #inner = createSharedFloat32(0);
  readonly #state;

  /** @throws {RangeError} If an option is out of range. */
  constructor(options: StrategyOptions & LaMAMLOptions) {
    const [given, rest] = splitStrategyOptions<LaMAMLOptions>("LaMAML", options, laMAML.options);
    const own = fillDefaults(given, laMAML.options);
    const growing = {
      name: "learning rates of La-MAML",
      traits: [],
      afterModelGrowth: (_: BaseStrategy, growth: ModelGrowth) => {
        const { alpha } = this.#state;
        if (alpha.length === 0) return;
        const fill = new Float32Array(this.parameters.length).fill(own.alphaInit);
        this.#state.alpha = growth.remap(alpha, fill);
      },
    };
    super({ ...rest, plugins: [...(rest.plugins ?? []), growing] });
    this.#state = declareState("LaMAML", {
      buffer: part(new ReservoirSamplingBuffer({ maxSize: own.memSize })),
      /** α [P]; empty until the first step. */
      alpha: vector(),
    });
    this.#meta = own;
  }

  override get traits(): readonly Trait[] {
    return ["keepsMinibatchSamples", "needsHardLabels"];
  }

  /** Its inner steps look at the strategy's own criterion alone, with learning rates of their own. */
  override get excludes(): readonly Trait[] {
    return ["changesLoss", "replacesCriterion", "setsLearningRate"];
  }

  override get minibatchParts(): number {
    return this.#meta.innerUpdates;
  }

  /** α [P], borrowed; empty before the first step. */
  get learningRates(): Float32Array {
    return this.#state.alpha;
  }

  /** The inner steps have gradients of their own. */
  override async backward(): Promise<number> {
    return this.loss;
  }

  override async optimizerStep(): Promise<void> {
    const { parameters, mbatch, clock, randomStreams } = this;
    const { alphaInit, alphaLearningRate, gradClipNorm } = this.#meta;
    if (this.#state.alpha.length === 0) this.#state.alpha = new Float32Array(parameters.length).fill(alphaInit);
    const { alpha, buffer } = this.#state;
    const { forParameters, forRates } = await this.#lookAhead(mbatch);
    clipNorm(forParameters, gradClipNorm);
    clipNorm(forRates, gradClipNorm);
    addScaled(alpha, forRates, -alphaLearningRate);
    for (let i = 0; i < parameters.length; i++) {
      parameters[i] = (parameters[i] ?? 0) - Math.max(0, alpha[i] ?? 0) * (forParameters[i] ?? 0);
    }
    if (clock.trainExpEpochs === 0) buffer.updateFromDataset(mbatch, randomStreams.get("buffer"));
  }

  override get ownState(): PluginState {
    return this.#state;
  }

  /** The mean of Gₖ, and of −Gₖ∘(g₀ + … + gₖ₋₁), over the inner steps: [P] each. */
  async #lookAhead(mbatch: Dataset): Promise<{ forParameters: Float32Array; forRates: Float32Array }> {
    const { parameters, randomStreams } = this;
    const size = parameters.length;
    if (this.#inner.length !== size) this.#inner = createSharedFloat32(size);
    const theta = this.#inner;
    theta.set(parameters);
    const { alpha, buffer } = this.#state;
    const remembered = drawSamples(buffer.buffer, this.#meta.batchSizeMem, randomStreams.get("la-maml"));
    const whole = Dataset.concat([mbatch, remembered]);
    const forParameters = new Float32Array(size);
    const forRates = new Float32Array(size);
    const walked = new Float32Array(size);
    const parts = cutInto(mbatch, this.#meta.innerUpdates);
    for (const part of parts) {
      const inner = await this.gradientOn(part, { parameters: theta, training: true });
      addScaled(walked, inner, 1);
      for (let i = 0; i < size; i++) theta[i] = (theta[i] ?? 0) - (alpha[i] ?? 0) * (inner[i] ?? 0);
      const meta = await this.gradientOn(whole, { parameters: theta, training: true });
      addScaled(forParameters, meta, 1 / parts.length);
      for (let i = 0; i < size; i++)
        forRates[i] = (forRates[i] ?? 0) - ((meta[i] ?? 0) * (walked[i] ?? 0)) / parts.length;
    }
    return { forParameters, forRates };
  }
}

/**
 * The samples in `count` parts in their order, sizes differing by one at most; fewer parts where there are fewer
 * samples.
 */
export function cutInto(samples: Dataset, count: number): Dataset[] {
  const parts = Math.min(count, samples.length);
  return Array.from({ length: parts }, (_, k) => {
    const start = Math.floor((k * samples.length) / parts);
    const end = Math.floor(((k + 1) * samples.length) / parts);
    return samples.subset(Int32Array.from({ length: end - start }, (_, i) => start + i));
  });
}

/** Shortens a vector to `limit`, in place, if it is longer. */
function clipNorm(vector: Float32Array, limit: number): void {
  const norm = Math.sqrt(dot(vector, vector));
  if (norm > limit) scaleVector(vector, limit / norm);
}

/** By the names under which a list of methods loads them. */
export { LaMAML as strategy };
