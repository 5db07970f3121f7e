import { Cumulative } from "../../../src/methods/cumulative/cumulative.ts";
import { EarlyStoppingPlugin } from "../../../src/methods/early_stopping/early_stopping_plugin.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { PNNStrategy } from "../../../src/methods/pnn/pnn_strategy.ts";
import { Replay, ReplayPlugin } from "../../../src/methods/replay/replay_plugin.ts";
import { pnn } from "../../../src/models/pnn.ts";
import { type ContractMember, withPlugin } from "./contract_member.ts";
import { GENERATIVE_MEMBERS } from "./generative_members.ts";
import { REGULARIZATION_MEMBERS } from "./regularization_members.ts";
import { REHEARSAL_MEMBERS } from "./rehearsal_members.ts";
import { REPRESENTATION_MEMBERS } from "./representation_members.ts";
import { UTILITY_MEMBERS } from "./utility_members.ts";

/** Every strategy and every plugin, by class name. A new one is added here. */
export const CONTRACT_MEMBERS: Readonly<Record<string, ContractMember>> = {
  Naive: { create: (options) => new Naive(options) },
  Cumulative: { create: (options) => new Cumulative(options) },
  ...REGULARIZATION_MEMBERS,
  ...UTILITY_MEMBERS,
  ...REHEARSAL_MEMBERS,
  ...REPRESENTATION_MEMBERS,
  ...GENERATIVE_MEMBERS,
  PNNStrategy: {
    create: (options) => new PNNStrategy(options),
    taskLabels: true,
    createModel: (hiddenSize) => pnn({ inputShape: [6], hiddenLayers: 1, hiddenSize: Math.min(100, hiddenSize) }),
  },
  Replay: { create: (options) => new Replay({ ...options, memSize: 20 }) },
  ReplayPlugin: withPlugin(() => new ReplayPlugin({ memSize: 20, batchSizeMem: 8 })),
  EarlyStoppingPlugin: {
    create: (options) => {
      const plugins = [new EarlyStoppingPlugin({ patience: 1, valStreamName: "test" })];
      return new Naive({ ...options, trainEpochs: 5, evalEvery: 1, plugins });
    },
  },
};

/** Whether a plugin's strategy, which is no more than that plugin, is a member, too. */
export function isTwin(name: string): boolean {
  return Object.keys(CONTRACT_MEMBERS).some((other) => name === `${other.replaceAll("_", "")}Plugin`);
}
