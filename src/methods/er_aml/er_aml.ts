import { BaseStrategy } from "../../training/loop/base_strategy.ts";
import { type StrategyOptions, splitStrategyOptions } from "../../training/loop/strategy_options.ts";
import { ER_AML_RULES, type ERAMLOptions, ERAMLPlugin } from "./er_aml_plugin.ts";

/** Experience replay with asymmetric metric learning: an `ERAMLPlugin` after the other plugins. */
export class ER_AML extends BaseStrategy {
  /** @throws {RangeError} If an option is out of range. */
  constructor(options: StrategyOptions & ERAMLOptions) {
    const [own, rest] = splitStrategyOptions("ER_AML", options, ER_AML_RULES);
    super({ ...rest, plugins: [...(rest.plugins ?? []), new ERAMLPlugin(own)] });
  }
}
