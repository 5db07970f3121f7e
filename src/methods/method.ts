import type { OptionSchema } from "../core/options/option_schema.ts";
import type { Logger } from "../evaluation/loggers/logger.ts";
import type { PluginMetric } from "../evaluation/plugin_metric.ts";
import type { Benchmark } from "../streams/experience.ts";
import type { BaseStrategy } from "../training/loop/base_strategy.ts";
import type { StrategyPlugin } from "../training/loop/strategy_plugin.ts";

/** What a method is used as. */
export type MethodForm = "strategy" | "plugin";

/** What a method is called, what it does, and its options: all that a list of methods shows. Loads no method. */
export interface MethodDescription<Schema extends OptionSchema = OptionSchema> {
  /** The name on command lines. */
  readonly name: string;
  /** What it is used as. Default: both. */
  readonly forms?: readonly MethodForm[];
  /** One clause, without a capital letter and a full stop. */
  readonly summary: string;
  /** Authors and year, and the arXiv id where there is one: "Kirkpatrick et al. 2017, arXiv:1612.00796". */
  readonly paper?: string;
  readonly options: Schema;
}

/** The module of a method. Its classes take the options that the method describes. */
export interface MethodModule {
  readonly strategy?: new (options: never) => BaseStrategy;
  readonly plugin?: new (options: never) => StrategyPlugin;
}

/** What a plugin of a command line is made for. */
export interface PluginContext {
  readonly benchmark: Benchmark;
  /** The folder of the run; there is none before it begins. */
  readonly runFolder: () => string;
}

/** A plugin, and what it asks of the strategy that it is put into. */
export interface ChosenPlugin {
  readonly plugin: StrategyPlugin;
  /** Epochs between evaluations on the validation stream while training. */
  readonly evalEvery?: number;
  /** True where the test stream is to be evaluated before any training. */
  readonly evaluatesFirst?: boolean;
  /** To be measured beside what every run measures. */
  readonly metrics?: readonly PluginMetric[];
  /** To be told of everything that is measured. */
  readonly loggers?: readonly Logger[];
}

/** A method of the list: what it is, and how its module is loaded. */
export interface Method extends MethodDescription {
  readonly load: () => Promise<MethodModule>;
  /** Makes the plugin of options as a command line takes them, where those differ from the options in code. */
  readonly createPlugin?: (options: never, context: PluginContext) => Promise<ChosenPlugin>;
}

/** Declares a method's description with the exact types of its options. */
export function describeMethod<const Schema extends OptionSchema>(
  description: MethodDescription<Schema>,
): MethodDescription<Schema> {
  return description;
}
