import { RangeRefusal } from "../../core/errors/errors.ts";
import { resolveOptions } from "../../core/options/option_schema.ts";
import { declareState, part } from "../../core/state/state.ts";
import type { Dataset } from "../../data/dataset.ts";
import { CLASSES_ONLY, TARGET_KINDS, type TargetKind } from "../../data/float_targets.ts";
import { addScaled } from "../../kernels/add_scaled.ts";
import { drawSamples } from "../../memory/selection/draw_samples.ts";
import type { BaseStrategy } from "../../training/loop/base_strategy.ts";
import type { Trait } from "../../training/loop/combination_rules.ts";
import type { PluginState, StrategyPlugin } from "../../training/loop/strategy_plugin.ts";
import type { ModelGrowth } from "../../training/model/model_growth.ts";
import { AnchoredPenalty } from "../shared/importances/anchored_penalty.ts";
import { GatheredImportances } from "../shared/importances/gathered_importances.ts";
import { strategyWith } from "../strategy_with.ts";
import { computeFisher, computeMinibatchFisher, createSampledCriterion } from "./fisher.ts";
import { type EWCOptions, ewc } from "./options.ts";

const FISHERS = ["per-example", "minibatch"] as const;

/**
 * Elastic weight consolidation: adds λ/2 Σₖ Σᵢ Fₖᵢ (θᵢ − θₖᵢ)² over the past experiences k, where Fₖ is the diagonal of
 * the Fisher information at the end of experience k and θₖ the parameters then. The sum over k is one quadratic, so
 * memory and time do not grow with the stream. Random numbers, where they are needed, come from the stream "ewc".
 *
 * The pieces of an online stream are one experience k: F is measured on each piece when it was trained, and Fₖ is the
 * mean over all its samples, where Avalanche has an anchor a piece.
 * @see Kirkpatrick et al. 2017, arXiv:1612.00796; online: Schwarz et al. 2018, arXiv:1805.06370
 */
export class EWCPlugin implements StrategyPlugin {
  readonly name = "EWCPlugin";
  readonly traits: readonly Trait[] = ["changesLoss"];
  readonly #options: EWCOptions;
  readonly #fisher: (typeof FISHERS)[number];
  readonly #penalty: AnchoredPenalty;
  readonly #gathered = new GatheredImportances();
  readonly state: PluginState;

  /** @throws {RangeError} If an option is out of range, is missing, or is given where it has no meaning. */
  constructor(given: EWCOptions) {
    const options = resolveOptions("EWCPlugin", given, ewc.options);
    const { lambda, mode, decayFactor, compatibility, trueFisher } = options;
    const { importanceBatchSize = 1 } = options;
    if (mode === "online" && decayFactor === undefined) {
      throw new RangeRefusal('EWCPlugin: mode "online" requires decayFactor');
    }
    if (mode !== "online" && decayFactor !== undefined) {
      throw new RangeRefusal('EWCPlugin: decayFactor requires mode "online"');
    }
    const isMinibatch = importanceBatchSize > 1 || (compatibility === "avalanche" && !options.importanceBatchSize);
    const { fisher = isMinibatch && !trueFisher ? "minibatch" : "per-example" } = options;
    if (fisher === "per-example" && importanceBatchSize > 1) {
      throw new RangeRefusal('EWCPlugin: importanceBatchSize above 1 requires fisher "minibatch"');
    }
    if (fisher === "minibatch" && trueFisher) {
      throw new RangeRefusal('EWCPlugin: trueFisher requires fisher "per-example"');
    }
    this.#options = options;
    this.#fisher = fisher;
    this.#penalty = new AnchoredPenalty("EWCPlugin", compatibility === "avalanche" ? lambda : lambda / 2);
    this.state = declareState("EWCPlugin", { penalty: part(this.#penalty), gathered: part(this.#gathered) });
  }

  /** Labels are drawn from the model's own softmax. */
  get targets(): readonly TargetKind[] {
    return this.#options.trueFisher ? CLASSES_ONLY : TARGET_KINDS;
  }

  async afterTrainingExp(strategy: BaseStrategy): Promise<void> {
    const importances = this.#gathered.add(strategy.experience, await this.#measureImportances(strategy));
    if (!importances) return;
    const anchor = { importances, parameters: strategy.parameters };
    if (this.#options.mode !== "online") return this.#penalty.add(strategy, anchor);
    const old = this.#penalty.importances;
    if (old) addScaled(importances, old, this.#options.decayFactor ?? 0);
    this.#penalty.replace(strategy, anchor);
  }

  afterModelGrowth(_strategy: BaseStrategy, growth: ModelGrowth): void {
    this.#gathered.grow(growth);
  }

  #measureImportances(strategy: BaseStrategy): Promise<Float32Array> {
    const { importanceBatchSize, trueFisher } = this.#options;
    const dataset = this.#chooseSamples(strategy);
    switch (this.#fisher) {
      case "minibatch":
        return computeMinibatchFisher(strategy, dataset, importanceBatchSize ?? strategy.trainMbSize);
      case "per-example": {
        const criterion = trueFisher ? createSampledCriterion(strategy.randomStreams.get("ewc")) : undefined;
        return computeFisher(strategy, dataset, criterion);
      }
    }
  }

  #chooseSamples({ experience: { dataset }, randomStreams }: BaseStrategy): Dataset {
    const { importanceSamples = dataset.length } = this.#options;
    if (importanceSamples >= dataset.length) return dataset;
    return drawSamples(dataset, importanceSamples, randomStreams.get("ewc"));
  }
}

/** Elastic weight consolidation: an `EWCPlugin` after the other plugins. */
export class EWC extends strategyWith(EWCPlugin, ewc.options) {}

/** By the names under which a list of methods loads them. */
export { EWC as strategy, EWCPlugin as plugin };
