import type { Logger } from "../../evaluation/loggers/logger.ts";
import type { PluginMetric } from "../../evaluation/plugin_metric.ts";
import type { Benchmark } from "../../streams/experience.ts";
import type { StrategyPlugin } from "../../training/loop/strategy_plugin.ts";

/** What a plugin is made for. */
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
