import { Naive } from "../../../src/methods/naive/naive.ts";
import type { StrategyPlugin } from "../../../src/training/loop/strategy_plugin.ts";
import type { CreateStrategy, StrategyContractOptions } from "./strategy_contract.ts";

/** One class of src/training/strategies or plugins, as the contract tests it. */
export interface ContractMember extends StrategyContractOptions {
  readonly create: CreateStrategy;
}

/** A plugin in a strategy that does nothing else. */
export function withPlugin(createPlugin: () => StrategyPlugin, options: StrategyContractOptions = {}): ContractMember {
  return { ...options, create: (given) => new Naive({ ...given, plugins: [createPlugin()] }) };
}
