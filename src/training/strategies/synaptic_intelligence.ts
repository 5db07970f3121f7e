import { splitOptions } from "../../core/split_options.ts";
import { BaseStrategy } from "../base_strategy.ts";
import {
  type SynapticIntelligenceOptions,
  SynapticIntelligencePlugin,
} from "../plugins/synaptic_intelligence_plugin.ts";
import type { StrategyOptions } from "../strategy_options.ts";

const OWN = ["lambda", "eps", "excludedParameters", "compatibility"] as const;

/** Synaptic intelligence: a `SynapticIntelligencePlugin` after the other plugins. */
export class SynapticIntelligence extends BaseStrategy {
  /** @throws {RangeError} If an option is out of range. */
  constructor(options: StrategyOptions & SynapticIntelligenceOptions) {
    const [own, rest] = splitOptions(options, OWN);
    super({ ...rest, plugins: [...(rest.plugins ?? []), new SynapticIntelligencePlugin(own)] });
  }
}
