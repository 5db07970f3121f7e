import { describeValue, RangeRefusal } from "../../core/errors/errors.ts";
import type { HostTensor } from "../../core/host_tensor.ts";
import { type ResolvedOptions, resolveOptions } from "../../core/options/option_schema.ts";
import { declareState, optional, vector } from "../../core/state/state.ts";
import { flushTiny } from "../../core/vector.ts";
import type { HeadForm } from "../../onnx/export/head_form.ts";
import type { EnsembleHead } from "../../onnx/export/prediction_head.ts";
import { findPatternFault } from "../../optimizers/parameter_groups.ts";
import type { BaseStrategy } from "../../training/loop/base_strategy.ts";
import type { Trait } from "../../training/loop/combination_rules.ts";
import type { PluginState, StrategyPlugin, StrategySetup } from "../../training/loop/strategy_plugin.ts";
import type { LossAndGradient } from "../../training/losses/loss_and_gradient.ts";
import { addCrossEntropy } from "../../training/losses/partial_cross_entropy.ts";
import type { ModelGrowth } from "../../training/model/model_growth.ts";
import { strategyWith } from "../strategy_with.ts";
import { AdapterPart } from "./adapter_part.ts";
import { joinExperts } from "./join_experts.ts";
import { type LAEOptions, lae } from "./options.ts";

/**
 * Learning, accumulation, ensemble: a pretrained network is trained through an adapter. The online adapter learns each
 * experience by cross-entropy over the experience's classes alone; from the second experience on it is held still at
 * first, while the classifier learns. The offline adapter begins as the online one after the first experience, and
 * follows it: θ̄ ← d·θ̄ + (1 − d)·θ after each step. Evaluation asks the network with either, and gives each class the
 * larger probability: `mbOutput` holds its logarithm. All else, the classifier above all, is shared. The exported model
 * holds both adapters.
 *
 * Takes the place of the criterion. The optimizer begins each experience without momentum and moments, as in the
 * authors' code, where every experience has an optimizer of its own. While the adapter is held still its moments follow
 * the gradient. The paper counts epochs (3 of 5); here it is a share of the iterations. Remembered samples compete with
 * the classes of their minibatch, too. An experience of a single class teaches nothing, as nothing competes with it.
 * @see Gao et al. 2023, A Unified Continual Learning Framework with General Parameter-Efficient Tuning,
 * arXiv:2303.10070
 */
export class LAEPlugin implements StrategyPlugin {
  readonly name = "LAEPlugin";
  readonly readsOutputs = false;
  readonly traits: readonly Trait[] = ["needsHardLabels"];
  readonly excludes: readonly Trait[] = ["replacesPredictions"];
  readonly #options: ResolvedOptions<typeof lae.options>;
  readonly #adapter: AdapterPart;
  /** The parameters [P] at an iteration's beginning, where the adapter is held still in it. */
  #held: Float32Array | undefined;
  /** The parameters [P] that an evaluation has taken away. */
  #trained: Float32Array | undefined;
  readonly #state = declareState(
    "LAEPlugin",
    { offline: optional(vector()) },
    {
      restored: () => {
        this.#held = undefined;
        this.#trained = undefined;
      },
    },
  );
  readonly state: PluginState = this.#state;

  /** @throws {RangeError} If an option is out of range. */
  constructor(given: LAEOptions = {}) {
    this.#options = resolveOptions("LAEPlugin", given, lae.options);
    const { parameters } = this.#options;
    for (const pattern of parameters) {
      const wanted = findPatternFault(pattern);
      if (wanted !== undefined) {
        throw new RangeRefusal(`LAEPlugin: parameters must be ${wanted}, got ${describeValue(pattern)}`);
      }
    }
    this.#adapter = new AdapterPart(parameters);
  }

  /**
   * [P], of which the adapter's part is the offline one, and the rest what it was when that began; undefined before
   * the second experience. Borrowed, and live.
   */
  get offline(): Float32Array | undefined {
    return this.#state.offline;
  }

  get extraParameters(): readonly Float32Array[] {
    return this.#state.offline ? [this.#state.offline] : [];
  }

  assertUsable({ model }: StrategySetup): void {
    const names = model.trainableWeights.map(({ originalName }) => originalName);
    this.#adapter.assertFits("LAEPlugin", names);
  }

  beforeTrainingExp(strategy: BaseStrategy): void {
    strategy.cluster.resetOptimizer();
    if (isFirst(strategy)) return;
    this.#state.offline ??= Float32Array.from(strategy.parameters);
  }

  beforeTrainingIteration(strategy: BaseStrategy): void {
    this.#held = this.#isHeld(strategy) ? Float32Array.from(strategy.parameters) : undefined;
  }

  criterion({ mbOutput, mbY, experience }: BaseStrategy): LossAndGradient {
    const columns = new Set([...experience.classesInThisExperience, ...mbY]);
    const dOutput = new Float32Array(mbOutput.data.length);
    return { loss: addCrossEntropy(mbOutput, mbY, { columns, dOutput }), dOutput };
  }

  afterUpdate(strategy: BaseStrategy): void {
    const { offline } = this.#state;
    const { layout } = strategy.cluster.model;
    if (this.#held) this.#adapter.copy(layout, { source: this.#held, target: strategy.parameters });
    if (!offline) return;
    const { parameters } = strategy;
    const { decay } = this.#options;
    for (const { start, end } of this.#adapter.list(layout)) {
      for (let i = start; i < end; i++) {
        offline[i] = flushTiny(decay * (offline[i] ?? 0) + (1 - decay) * (parameters[i] ?? 0));
      }
    }
  }

  beforeEval(strategy: BaseStrategy): void {
    const expert = this.#options.ensemble ? undefined : this.#createExpert(strategy);
    if (!expert) return;
    this.#trained = Float32Array.from(strategy.parameters);
    strategy.parameters.set(expert);
  }

  async afterEvalForward(strategy: BaseStrategy): Promise<void> {
    const expert = this.#options.ensemble ? this.#createExpert(strategy) : undefined;
    if (!expert) return;
    const offline: HostTensor = await strategy.forwardWith(expert, strategy.mbatch);
    strategy.mbOutput = joinExperts(strategy.mbOutput, offline);
  }

  afterEval({ parameters }: BaseStrategy): void {
    if (this.#trained) parameters.set(this.#trained);
    this.#trained = undefined;
  }

  predictionHead(strategy: BaseStrategy): EnsembleHead | undefined {
    const expert = this.#options.ensemble ? this.#createExpert(strategy) : undefined;
    return expert && { kind: "ensemble", expert };
  }

  predictionHeadForm(): HeadForm | undefined {
    return this.#options.ensemble ? { kind: "ensemble", comesLater: true } : undefined;
  }

  /** An evaluation may let heads grow, too. */
  afterModelGrowth({ parameters }: BaseStrategy, growth: ModelGrowth): void {
    const { offline } = this.#state;
    if (offline) this.#state.offline = growth.remap(offline, parameters);
    if (this.#trained) this.#trained = growth.remap(this.#trained, parameters);
  }

  /** The parameters [P] with the offline adapter; undefined before there is one. */
  #createExpert({ parameters, cluster }: BaseStrategy): Float32Array | undefined {
    const { offline } = this.#state;
    if (!offline) return undefined;
    const expert = Float32Array.from(parameters);
    this.#adapter.copy(cluster.model.layout, { source: offline, target: expert });
    return expert;
  }

  #isHeld(strategy: BaseStrategy): boolean {
    if (isFirst(strategy)) return false;
    const { trainEpochs, iterationsPerEpoch, clock } = strategy;
    return clock.trainExpIterations < Math.round(this.#options.heldShare * trainEpochs * iterationsPerEpoch);
  }
}

/** LAE: an `LAEPlugin` after the other plugins. */
export class LAE extends strategyWith(LAEPlugin, lae.options) {}

/** Pieces of an online stream belong to the experience that they were cut from. */
function isFirst({ clock, experience }: BaseStrategy): boolean {
  return clock.countPast(experience) === 0;
}

/** By the names under which a list of methods loads them. */
export { LAE as strategy, LAEPlugin as plugin };
