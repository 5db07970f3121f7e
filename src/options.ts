/**
 * Options with one schema for code and command line, for strategies and plugins of your own: `firn/options`.
 * @module
 */

export {
  fillDefaults,
  type OptionSchema,
  type OptionsOf,
  optional,
  type ResolvedOptions,
  resolveOptions,
  withDefault,
} from "./core/options/option_schema.ts";
export {
  callback,
  either,
  flag,
  listOf,
  number,
  objectLike,
  oneOf,
  required,
  text,
  type ValueRule,
  wholeNumber,
} from "./core/options/value_rules.ts";
export { type StrategyClass, strategyWith } from "./methods/strategy_with.ts";
