import { resolveOptions } from "../../core/options/option_schema.ts";
import { declareState, part } from "../../core/state/state.ts";
import { scaleVector } from "../../core/vector.ts";
import { addScaled } from "../../kernels/add_scaled.ts";
import type { BaseStrategy } from "../../training/loop/base_strategy.ts";
import type { Trait } from "../../training/loop/combination_rules.ts";
import type { PluginState, StrategyPlugin } from "../../training/loop/strategy_plugin.ts";
import type { ModelGrowth } from "../../training/model/model_growth.ts";
import { AnchoredPenalty } from "../shared/importances/anchored_penalty.ts";
import { GatheredImportances } from "../shared/importances/gathered_importances.ts";
import { strategyWith } from "../strategy_with.ts";
import { type MASOptions, mas } from "./options.ts";
import { computeMinibatchSensitivity, computeSensitivity } from "./sensitivity.ts";

/**
 * Memory aware synapses: adds λ Σᵢ Ωᵢ (θᵢ − θ*ᵢ)² with θ* the parameters after the last experience and Ω the mean over
 * its samples of |∂‖f(x)‖²/∂θ|: parameters that the outputs depend on are held. Labels play no part in Ω. The pieces of
 * an online stream are one experience: each is measured when it was trained.
 * @see Aljundi et al. 2018, Memory Aware Synapses: Learning What (not) to Forget, arXiv:1711.09601
 */
export class MASPlugin implements StrategyPlugin {
  readonly name = "MASPlugin";
  readonly traits: readonly Trait[] = ["changesLoss"];
  readonly #alpha: number | undefined;
  readonly #isAvalanche: boolean;
  readonly #penalty: AnchoredPenalty;
  readonly #gathered = new GatheredImportances();
  readonly state: PluginState;

  /** @throws {RangeError} If an option is out of range. */
  constructor(given: MASOptions = {}) {
    const options = resolveOptions("MASPlugin", given, mas.options);
    const { lambda, compatibility } = options;
    this.#isAvalanche = compatibility === "avalanche";
    this.#alpha = options.alpha ?? (this.#isAvalanche ? 0.5 : undefined);
    this.#penalty = new AnchoredPenalty("MASPlugin", lambda);
    this.state = declareState("MASPlugin", { penalty: part(this.#penalty), gathered: part(this.#gathered) });
  }

  async afterTrainingExp(strategy: BaseStrategy): Promise<void> {
    const { experience } = strategy;
    const compute = this.#isAvalanche ? computeMinibatchSensitivity : computeSensitivity;
    const importances = this.#gathered.add(experience, await compute(strategy, experience.dataset));
    if (!importances) return;
    const old = this.#penalty.importances;
    if (old && this.#alpha !== undefined) scaleVector(importances, 1 - this.#alpha);
    if (old) addScaled(importances, old, this.#alpha ?? 1);
    this.#penalty.replace(strategy, { importances, parameters: strategy.parameters });
  }

  afterModelGrowth(_strategy: BaseStrategy, growth: ModelGrowth): void {
    this.#gathered.grow(growth);
  }
}

/** Memory aware synapses: a `MASPlugin` after the other plugins. */
export class MAS extends strategyWith(MASPlugin, mas.options) {}

/** By the names under which a list of methods loads them. */
export { MAS as strategy, MASPlugin as plugin };
