import type { HostTensor } from "../../core/host_tensor.ts";
import type { Compatibility } from "../../core/options/compatibility.ts";
import { resolveOptions } from "../../core/options/option_schema.ts";
import { CLASSES_ONLY } from "../../data/float_targets.ts";
import type { BaseStrategy } from "../../training/loop/base_strategy.ts";
import type { Trait } from "../../training/loop/combination_rules.ts";
import type { RehearseExperience } from "../../training/loop/rehearsal.ts";
import type { PluginState, StrategyPlugin } from "../../training/loop/strategy_plugin.ts";
import type { LossAndGradient } from "../../training/losses/loss_and_gradient.ts";
import { addCrossEntropy } from "../../training/losses/partial_cross_entropy.ts";
import { MinibatchMemory } from "../shared/minibatch_memory.ts";
import { strategyWith } from "../strategy_with.ts";
import { type ERACEOptions, erACE } from "./options.ts";

/**
 * ER-ACE: experience replay in which new samples compete only with the classes of their own minibatch, so that they do
 * not push old classes aside: cross-entropy(new, classes of the minibatch) + cross-entropy(remembered, all classes),
 * each a mean over its own samples. The memory is a reservoir that takes in every minibatch of an experience's first
 * epoch. Takes the place of the criterion.
 * @see Caccia et al. 2022, New Insights on Reducing Abrupt Representation Change in Online Continual Learning,
 * arXiv:2203.03798
 */
export class ERACEPlugin implements StrategyPlugin {
  readonly name = "ERACEPlugin";
  readonly targets = CLASSES_ONLY;
  readonly #memory: MinibatchMemory;
  readonly #compatibility: Compatibility;

  /** @throws {RangeError} If an option is out of range. */
  constructor(given: ERACEOptions = {}) {
    const options = resolveOptions("ERACEPlugin", given, erACE.options);
    const { memSize, batchSizeMem, compatibility } = options;
    this.#memory = new MinibatchMemory("er-ace", { memSize, batchSizeMem, compatibility });
    this.#compatibility = compatibility;
  }

  get state(): PluginState {
    return this.#memory.storagePolicy;
  }

  get traits(): readonly Trait[] {
    return this.#memory.traits;
  }

  get storagePolicy(): MinibatchMemory["storagePolicy"] {
    return this.#memory.storagePolicy;
  }

  rehearse(): RehearseExperience {
    return this.#memory.rehearse();
  }

  beforeTrainingExp(strategy: BaseStrategy): void {
    this.#memory.beginExperience(strategy);
  }

  beforeTrainingIteration(strategy: BaseStrategy): void {
    this.#memory.extendMinibatch(strategy);
  }

  criterion({ mbOutput, mbY, clock }: BaseStrategy): LossAndGradient {
    const isPlain = this.#compatibility === "avalanche" && clock.trainExpCounter === 0;
    const weight = this.#compatibility === "avalanche" && !isPlain ? 0.5 : 1;
    return evaluateAsymmetric(mbOutput, mbY, { currentRows: isPlain ? 0 : this.#memory.current.length, weight });
  }

  afterTrainingIteration(strategy: BaseStrategy): void {
    this.#memory.takeMinibatch(strategy);
  }
}

/** Experience replay with asymmetric cross-entropy: an `ERACEPlugin` after the other plugins. */
export class ER_ACE extends strategyWith(ERACEPlugin, erACE.options) {}

/**
 * The sum of two cross-entropies times `weight`: of the first `currentRows` rows over their own classes alone, and of
 * the other rows over all classes. Each is a mean over its rows.
 */
export function evaluateAsymmetric(
  output: HostTensor,
  y: Int32Array,
  { currentRows, weight }: { readonly currentRows: number; readonly weight: number },
): LossAndGradient {
  const dOutput = new Float32Array(output.data.length);
  const columns = new Set(y.subarray(0, currentRows));
  const current = addCrossEntropy(output, y, { rows: { start: 0, end: currentRows }, columns, weight, dOutput });
  const rows = { start: currentRows, end: y.length };
  return { loss: current + addCrossEntropy(output, y, { rows, weight, dOutput }), dOutput };
}

/** By the names under which a list of methods loads them. */
export { ER_ACE as strategy, ERACEPlugin as plugin };
