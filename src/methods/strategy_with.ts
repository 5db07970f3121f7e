import type { OptionSchema, OptionsOf } from "../core/options/option_schema.ts";
import { BaseStrategy } from "../training/loop/base_strategy.ts";
import { type StrategyOptions, splitStrategyOptions } from "../training/loop/strategy_options.ts";
import type { StrategyPlugin } from "../training/loop/strategy_plugin.ts";

/** A strategy that is made with options of its own beside those of every strategy. */
export type StrategyClass<Own extends object> = new (options: StrategyOptions & Own) => BaseStrategy;

/**
 * The strategy that only wraps a plugin: it takes the plugin's options beside those of every strategy, and calls the
 * plugin after the other plugins.
 * @param schema The plugin's options.
 * @example
 * class EWC extends strategyWith(EWCPlugin, ewc.options) {}
 * new EWC({ model, optimizer, lambda: 0.4 });
 */
export function strategyWith<Schema extends OptionSchema>(
  Plugin: new (options: OptionsOf<Schema>) => StrategyPlugin,
  schema: Schema,
): StrategyClass<OptionsOf<Schema>> {
  return class extends BaseStrategy {
    /** @throws {TypeError} If an option has no such name or is of another kind. {RangeError} If it is out of range. */
    constructor(options: StrategyOptions & OptionsOf<Schema>) {
      const [own, rest] = splitStrategyOptions<OptionsOf<Schema>>(new.target.name, options, schema);
      super({ ...rest, plugins: [...(rest.plugins ?? []), new Plugin(own)] });
    }
  };
}
