import type { Benchmark } from "../../streams/experience.ts";
import type { StrategyPlugin } from "../../training/strategy_plugin.ts";

/** What a plugin is made for. */
export interface PluginContext {
  readonly benchmark: Benchmark;
}

/** A plugin, and what it asks of the strategy that it is put into. */
export interface ChosenPlugin {
  readonly plugin: StrategyPlugin;
  /** Epochs between evaluations on the validation stream while training. */
  readonly evalEvery?: number;
}
