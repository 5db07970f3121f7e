import { BaseStrategy } from "../base_strategy.ts";
import {
  SYNAPTIC_INTELLIGENCE_RULES,
  type SynapticIntelligenceOptions,
  SynapticIntelligencePlugin,
} from "../plugins/synaptic_intelligence_plugin.ts";
import { type StrategyOptions, splitStrategyOptions } from "../strategy_options.ts";

/** Synaptic intelligence: a `SynapticIntelligencePlugin` after the other plugins. */
export class SynapticIntelligence extends BaseStrategy {
  /** @throws {RangeError} If an option is out of range. */
  constructor(options: StrategyOptions & SynapticIntelligenceOptions) {
    const [own, rest] = splitStrategyOptions("SynapticIntelligence", options, SYNAPTIC_INTELLIGENCE_RULES);
    super({ ...rest, plugins: [...(rest.plugins ?? []), new SynapticIntelligencePlugin(own)] });
  }
}
