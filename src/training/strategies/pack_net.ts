import { BaseStrategy } from "../base_strategy.ts";
import { PACK_NET_RULES, type PackNetOptions, PackNetPlugin } from "../plugins/pack_net_plugin.ts";
import { type StrategyOptions, splitStrategyOptions } from "../strategy_options.ts";

/** PackNet: a `PackNetPlugin` after the other plugins. */
export class PackNet extends BaseStrategy {
  /** @throws {RangeError} If an option is out of range. */
  constructor(options: StrategyOptions & PackNetOptions) {
    const [own, rest] = splitStrategyOptions("PackNet", options, PACK_NET_RULES);
    super({ ...rest, plugins: [...(rest.plugins ?? []), new PackNetPlugin(own)] });
  }
}
