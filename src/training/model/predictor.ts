import type { HostTensor } from "../../core/host_tensor.ts";
import type { Dataset } from "../../data/dataset.ts";
import type { ExportedNetwork } from "../../onnx/export/exported_network.ts";
import type { Experience } from "../../streams/experience.ts";
import type { BaseStrategy } from "../loop/base_strategy.ts";
import type { CallbackName } from "../loop/callbacks.ts";
import type { StrategyPlugin } from "../loop/strategy_plugin.ts";

/**
 * What a strategy predicts with, besides its network's layers. The vectors are copies; heads are borrowed, until it
 * trains on.
 */
export type Prediction = Required<Pick<ExportedNetwork, "parameters" | "state" | "heads">> &
  Pick<ExportedNetwork, "taskParameters">;

/** A strategy as its evaluation finds it. */
export interface Predictor {
  /** Widens growing heads for what an experience brings, as its evaluation does; to be done before it is predicted. */
  growHeads(experience: Experience): Promise<void>;
  /** What it would predict an experience with. */
  describe(experience: Experience): Promise<Prediction>;
  /**
   * What it says of samples of an experience: `mbOutput` [N, C] as metrics would see it. The caller owns the result.
   */
  predict(experience: Experience, samples: Dataset): Promise<HostTensor>;
}

/**
 * Has `use` ask a strategy how it predicts, without an evaluation: only those plugins are called that say how they
 * predict (`predictionHead`, `taskParameters`). Metrics, loggers and the strategy's own loop notice nothing.
 */
export async function usePredictor<Result>(
  strategy: BaseStrategy,
  use: (predictor: Predictor) => Promise<Result>,
): Promise<Result> {
  await strategy.start();
  const plugins = strategy.plugins.filter((plugin) => plugin.predictionHead ?? plugin.taskParameters);
  const inExperience = <Value>(experience: Experience, work: () => Promise<Value>) =>
    strategy.inEvaluationOf(experience, () => between(["beforeEvalExp", "afterEvalExp"], work));
  const between = async <Value>([before, after]: readonly [CallbackName, CallbackName], work: () => Promise<Value>) => {
    await callAll(plugins, before, strategy);
    try {
      return await work();
    } finally {
      await callAll(plugins, after, strategy);
    }
  };
  const predictor: Predictor = {
    growHeads: (experience) => strategy.inEvaluationOf(experience, async () => strategy.modelAdaptation()),
    describe: (experience) => inExperience(experience, async () => describePrediction(strategy, plugins)),
    predict: (experience, samples) =>
      inExperience(experience, async () => {
        strategy.mbatch = samples;
        strategy.mbOutput = await strategy.forward();
        await callAll(plugins, "afterEvalForward", strategy);
        return strategy.mbOutput;
      }),
  };
  return between(["beforeEval", "afterEval"], () => use(predictor));
}

function describePrediction(strategy: BaseStrategy, plugins: readonly StrategyPlugin[]): Prediction {
  const heads = [strategy, ...plugins].flatMap((one) => one.predictionHead?.(strategy) ?? []);
  const taskParameters = plugins
    .map((plugin) => plugin.taskParameters?.(strategy))
    .find((tasks) => tasks !== undefined);
  return {
    parameters: strategy.cluster.resident.read(() => strategy.parameters.slice()),
    state: strategy.cluster.state.slice(),
    heads,
    ...(taskParameters ? { taskParameters } : {}),
  };
}

async function callAll(
  plugins: readonly StrategyPlugin[],
  callback: CallbackName,
  strategy: BaseStrategy,
): Promise<void> {
  for (const plugin of plugins) await plugin[callback]?.(strategy);
}
