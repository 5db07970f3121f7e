import { splitOptions } from "../../core/split_options.ts";
import { BaseStrategy } from "../base_strategy.ts";
import { type ERAMLOptions, ERAMLPlugin } from "../plugins/er_aml_plugin.ts";
import type { StrategyOptions } from "../strategy_options.ts";

const OWN = ["memSize", "batchSizeMem", "temperature", "baseTemperature", "layerName", "compatibility"] as const;

/** Experience replay with asymmetric metric learning: an `ERAMLPlugin` after the other plugins. */
export class ER_AML extends BaseStrategy {
  /** @throws {RangeError} If an option is out of range. */
  constructor(options: StrategyOptions & ERAMLOptions) {
    const [own, rest] = splitOptions(options, OWN);
    super({ ...rest, plugins: [...(rest.plugins ?? []), new ERAMLPlugin(own)] });
  }
}
