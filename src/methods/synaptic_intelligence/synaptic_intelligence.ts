import { BaseStrategy } from "../../training/loop/base_strategy.ts";
import { type StrategyOptions, splitStrategyOptions } from "../../training/loop/strategy_options.ts";
import {
  SYNAPTIC_INTELLIGENCE_RULES,
  type SynapticIntelligenceOptions,
  SynapticIntelligencePlugin,
} from "./synaptic_intelligence_plugin.ts";

/** Synaptic intelligence: a `SynapticIntelligencePlugin` after the other plugins. */
export class SynapticIntelligence extends BaseStrategy {
  /** @throws {RangeError} If an option is out of range. */
  constructor(options: StrategyOptions & SynapticIntelligenceOptions) {
    const [own, rest] = splitStrategyOptions("SynapticIntelligence", options, SYNAPTIC_INTELLIGENCE_RULES);
    super({ ...rest, plugins: [...(rest.plugins ?? []), new SynapticIntelligencePlugin(own)] });
  }
}
