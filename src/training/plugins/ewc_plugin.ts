import { assertInRange, assertWholeNumber, cannot, describeUnknownName } from "../../core/errors.ts";
import type { SavedState } from "../../core/saved_state.ts";
import { addScaled, addSquares } from "../../core/vector.ts";
import { SingleDatasetDataLoader } from "../../memory/single_dataset_data_loader.ts";
import { AnchoredPenalty } from "../anchored_penalty.ts";
import type { BaseStrategy } from "../base_strategy.ts";
import type { RestoreContext, StrategyPlugin } from "../strategy_plugin.ts";

const MODES = ["separate", "online"] as const;

/** How strongly, and to what, parameters are held. */
export interface EWCOptions {
  /** λ, the weight of the penalty. */
  readonly lambda: number;
  /** Whether every experience keeps its own anchor, or one anchor moves along; "separate" if left out. */
  readonly mode?: (typeof MODES)[number];
  /** "online" only, and needed there: how much of the old importance stays, in [0, 1]. */
  readonly decayFactor?: number;
  /**
   * Samples whose mean gradient is squared at a time: 1 gives the diagonal of the empirical Fisher information; the
   * training minibatch's size, if left out, is what Avalanche does and its published results rest on.
   */
  readonly importanceBatchSize?: number;
}

/**
 * Elastic weight consolidation: adds λ Σₖ Σᵢ Fₖᵢ (θᵢ − θₖᵢ)² over the past experiences k, where Fₖ is the mean squared
 * gradient at the end of experience k and θₖ the parameters then. As in Avalanche there is no factor ½ before λ. The sum over
 * k is one quadratic, so memory and time do not grow with the stream.
 * @see Kirkpatrick et al. 2017, arXiv:1612.00796; online: Schwarz et al. 2018, arXiv:1805.06370
 */
export class EWCPlugin implements StrategyPlugin {
  readonly name = "EWCPlugin";
  readonly #options: EWCOptions;
  readonly #mode: (typeof MODES)[number];
  readonly #penalty: AnchoredPenalty;

  /** @throws {RangeError} If an option is out of range, or the decay factor is missing or given in vain. */
  constructor(options: EWCOptions) {
    const { lambda, mode = "separate", decayFactor, importanceBatchSize = 1 } = options;
    const act = "create EWCPlugin";
    assertInRange(act, "lambda", lambda, [0, Number.MAX_VALUE]);
    if (!MODES.includes(mode)) throw new RangeError(`Cannot ${act}: ${describeUnknownName("mode", mode, MODES)}`);
    if ((mode === "online") !== (decayFactor !== undefined)) {
      throw new RangeError(cannot(act, `decayFactor with mode "online" and only then`, decayFactor));
    }
    if (decayFactor !== undefined) assertInRange(act, "decayFactor", decayFactor, [0, 1]);
    assertWholeNumber(act, "importanceBatchSize", importanceBatchSize, 1);
    this.#options = options;
    this.#mode = mode;
    this.#penalty = new AnchoredPenalty("EWCPlugin", lambda);
  }

  async afterTrainingExp(strategy: BaseStrategy): Promise<void> {
    const importances = await computeImportances(strategy, this.#options.importanceBatchSize ?? strategy.trainMbSize);
    const anchor = { importances, parameters: strategy.parameters };
    if (this.#mode === "separate") return this.#penalty.add(strategy, anchor);
    const old = this.#penalty.importances;
    if (old) addScaled(importances, old, this.#options.decayFactor ?? 0);
    this.#penalty.replace(strategy, anchor);
  }

  saveState(): SavedState {
    return this.#penalty.save();
  }

  restoreState(saved: SavedState, { strategy }: RestoreContext): void {
    this.#penalty.restore(strategy, saved);
  }
}

/**
 * The mean over minibatches of the squared gradient of their mean loss, at the current parameters, without dropout, over
 * the experience just trained: [P], the caller owns it.
 */
export async function computeImportances(strategy: BaseStrategy, batchSize: number): Promise<Float32Array> {
  const loader = new SingleDatasetDataLoader({
    dataset: strategy.experience.dataset,
    batchSize,
    shuffle: false,
  });
  const importances = new Float32Array(strategy.parameters.length);
  for (const samples of loader.iterate())
    addSquares(importances, await strategy.gradientOn(samples), 1 / loader.length);
  return importances;
}
