import { BaseStrategy } from "../../training/loop/base_strategy.ts";
import { type StrategyOptions, splitStrategyOptions } from "../../training/loop/strategy_options.ts";
import { PACK_NET_RULES, type PackNetOptions, PackNetPlugin } from "./pack_net_plugin.ts";

/** PackNet: a `PackNetPlugin` after the other plugins. */
export class PackNet extends BaseStrategy {
  /** @throws {RangeError} If an option is out of range. */
  constructor(options: StrategyOptions & PackNetOptions) {
    const [own, rest] = splitStrategyOptions("PackNet", options, PACK_NET_RULES);
    super({ ...rest, plugins: [...(rest.plugins ?? []), new PackNetPlugin(own)] });
  }
}
