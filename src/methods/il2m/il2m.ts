import { BaseStrategy } from "../../training/loop/base_strategy.ts";
import { type StrategyOptions, splitStrategyOptions } from "../../training/loop/strategy_options.ts";
import { IL2M_RULES, type IL2MOptions, IL2MPlugin } from "./il2m_plugin.ts";

/** Incremental learning with dual memory: an `IL2MPlugin` after the other plugins. */
export class IL2M extends BaseStrategy {
  /** @throws {RangeError} If an option is out of range. */
  constructor(options: StrategyOptions & IL2MOptions) {
    const [own, rest] = splitStrategyOptions("IL2M", options, IL2M_RULES);
    super({ ...rest, plugins: [...(rest.plugins ?? []), new IL2MPlugin(own)] });
  }
}
