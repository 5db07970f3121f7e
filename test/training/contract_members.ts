import { EarlyStoppingPlugin } from "../../src/training/plugins/early_stopping_plugin.ts";
import { EWCPlugin } from "../../src/training/plugins/ewc_plugin.ts";
import { ReplayPlugin } from "../../src/training/plugins/replay_plugin.ts";
import { Cumulative } from "../../src/training/strategies/cumulative.ts";
import { EWC } from "../../src/training/strategies/ewc.ts";
import { Naive } from "../../src/training/strategies/naive.ts";
import { Replay } from "../../src/training/strategies/replay.ts";
import type { StrategyPlugin } from "../../src/training/strategy_plugin.ts";
import type { CreateStrategy, StrategyContractOptions } from "./strategy_contract.ts";

/** One class of src/training/strategies or plugins, as the contract tests it. */
export interface ContractMember extends StrategyContractOptions {
  readonly create: CreateStrategy;
}

/** Every strategy and every plugin, by class name. A new one is added here. */
export const CONTRACT_MEMBERS: Readonly<Record<string, ContractMember>> = {
  Naive: { create: (options) => new Naive(options) },
  Cumulative: { create: (options) => new Cumulative(options) },
  Replay: { create: (options) => new Replay({ ...options, memSize: 20 }) },
  EWC: { create: (options) => new EWC({ ...options, lambda: 10 }) },
  ReplayPlugin: withPlugin(() => new ReplayPlugin({ memSize: 20, batchSizeMem: 8 })),
  EWCPlugin: withPlugin(() => new EWCPlugin({ lambda: 10, mode: "online", decayFactor: 0.5, importanceBatchSize: 8 })),
  EarlyStoppingPlugin: {
    create: (options) => {
      const plugins = [new EarlyStoppingPlugin({ patience: 1, valStreamName: "test" })];
      return new Naive({ ...options, trainEpochs: 5, evalEvery: 1, plugins });
    },
  },
};

function withPlugin(createPlugin: () => StrategyPlugin): ContractMember {
  return { create: (options) => new Naive({ ...options, plugins: [createPlugin()] }) };
}
