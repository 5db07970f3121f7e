import type { SavedState } from "../../core/saved_state.ts";
import type { DataSource } from "../../data/data_source.ts";
import type { PredictionHead } from "../../onnx/export/prediction_head.ts";
import { assertCombination, type CombinationRules, type Trait } from "./combination_rules.ts";
import { LoopAttributes } from "./loop_attributes.ts";
import type { ResolvedStrategyOptions, StrategyOptions } from "./strategy_options.ts";
import { listParts, type StrategyPlugin } from "./strategy_plugin.ts";

/** What a strategy and its plugins declare and keep beside the loop: what goes together, how it predicts, its state. */
export abstract class StrategyState extends LoopAttributes implements CombinationRules {
  /**
   * @throws {TypeError} If an option has no such name.
   * @throws {RangeError} If a value is out of range, or plugins, strategy and model do not go together.
   */
  constructor(options: StrategyOptions) {
    super(options);
    const plugins = (options.plugins ?? []).flatMap(listParts);
    assertCombination(this, plugins);
    for (const plugin of plugins) plugin.assertUsable?.({ model: options.model, options: this.options });
  }

  protected override assertOptions(options: ResolvedStrategyOptions): void {
    for (const plugin of this.plugins) plugin.assertUsable?.({ model: this.model, options });
  }

  /**
   * What the strategy itself does that a plugin may not bear. Read while it is made: a subclass's fields are not there
   * yet.
   */
  get traits(): readonly Trait[] {
    return [];
  }

  /** What no plugin may do in this strategy. Read while it is made, too. */
  get excludes(): readonly Trait[] {
    return [];
  }

  /**
   * All plugins in the order in which they are called: the user's, then the evaluator, periodic evaluation, the clock.
   */
  get plugins(): readonly StrategyPlugin[] {
    return this.dispatcher.plugins;
  }

  /** True for a strategy that wants all experiences in one call of `train`. */
  get trainsJointly(): boolean {
    return false;
  }

  /**
   * How a subclass predicts in evaluation, where it is not by the network's outputs; what plugins make of them comes
   * behind.
   */
  predictionHead(): PredictionHead | undefined {
    return undefined;
  }

  /** What a subclass must keep to go on identically; nothing if it has no state of its own. */
  saveOwnState(): SavedState {
    return null;
  }

  /** Goes on from what `saveOwnState` gave; `sources` are the benchmark's, by name. */
  restoreOwnState(_saved: SavedState, _sources: ReadonlyMap<string, DataSource>): void {}
}
