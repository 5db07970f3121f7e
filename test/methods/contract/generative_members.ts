import {
  GenerativeReplay,
  GenerativeReplayPlugin,
} from "../../../src/methods/generative_replay/generative_replay_plugin.ts";
import { TrainGeneratorAfterExpPlugin } from "../../../src/methods/generative_replay/train_generator_after_exp_plugin.ts";
import { VAETraining } from "../../../src/methods/generative_replay/vae_training.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { mlpVAE } from "../../../src/models/mlp_vae.ts";
import type { StrategyOptions } from "../../../src/training/loop/strategy_options.ts";
import type { ContractMember } from "./contract_member.ts";

const SIZES = { latentSize: 2, hiddenSizes: [6] } as const;

/** Generative replay and the generator's own training, by class name. */
export const GENERATIVE_MEMBERS: Readonly<Record<string, ContractMember>> = {
  GenerativeReplay: {
    create: (options) => new GenerativeReplay({ ...options, ...SIZES }),
    randomStreams: ["generative-replay"],
  },
  GenerativeReplayPlugin: {
    create: (options) => {
      const replay = { increasingReplaySize: true, isWeightedReplay: true, weightReplayLoss: 0.5 };
      const plugins = [new GenerativeReplayPlugin({ ...SIZES, ...replay, weightReplayLossFactor: 1.1 })];
      return new Naive({ ...options, plugins });
    },
    randomStreams: ["generative-replay"],
  },
  TrainGeneratorAfterExpPlugin: {
    create: (options) => {
      const { model: _model, ...others } = options;
      const generatorStrategy = createVAETraining({ ...others, evaluator: null }, []);
      // The strategy of the contract closes it; the model would stay.
      generatorStrategy.closeWith({ close: async () => void generatorStrategy.model.dispose() });
      const plugins = [
        new TrainGeneratorAfterExpPlugin({ generatorStrategy }),
        new GenerativeReplayPlugin({ generatorStrategy, untrainedSolver: false, compatibility: "avalanche" }),
      ];
      return new Naive({ ...options, plugins });
    },
    randomStreams: ["generative-replay"],
  },
  VAETraining: {
    create: ({ model, ...options }) => {
      model.dispose();
      return createVAETraining(options, [new GenerativeReplayPlugin({ ratio: [1, 0.5] })]);
    },
    randomStreams: ["generative-replay"],
  },
};

/** Its optimizer may be another strategy's, too: it holds no state but the learning rate. */
function createVAETraining(
  options: Omit<StrategyOptions, "model">,
  plugins: NonNullable<StrategyOptions["plugins"]>,
): VAETraining {
  return new VAETraining({ ...options, generator: mlpVAE({ inputShape: [6], ...SIZES }), plugins });
}
