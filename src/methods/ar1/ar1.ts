import { RangeRefusal } from "../../core/errors/errors.ts";
import { fillDefaults, type ResolvedOptions } from "../../core/options/option_schema.ts";
import { BaseStrategy } from "../../training/loop/base_strategy.ts";
import { type StrategyOptions, splitStrategyOptions } from "../../training/loop/strategy_options.ts";
import type { StrategyPlugin } from "../../training/loop/strategy_plugin.ts";
import { findOutputLayer } from "../../training/model/named_layer.ts";
import { CWRStarPlugin } from "../cwr_star/cwr_star_plugin.ts";
import { LatentReplayPlugin } from "../latent_replay/latent_replay_plugin.ts";
import { countPastExperiences } from "../shared/count_past_experiences.ts";
import { SynapticIntelligencePlugin } from "../synaptic_intelligence/synaptic_intelligence_plugin.ts";
import { type AR1Options, ar1 } from "./options.ts";

/**
 * AR1: a CWR* head on layers that go on learning, held by synaptic intelligence, with latent replay where a layer is
 * named for it; then the classes remembered are consolidated with those of the experience. These are a `CWRStarPlugin`,
 * a `LatentReplayPlugin` and a `SynapticIntelligencePlugin` after the other plugins, and what changes the learning
 * rate. Avalanche's batch renormalisation and its MobileNet are not there: the model is the caller's, its normalisation
 * the model's own.
 * @see Maltoni and Lomonaco 2019, Continuous Learning in Single-Incremental-Task Scenarios, arXiv:1806.08568
 * @see Pellegrini et al. 2020, Latent Replay for Real-Time Continual Learning, arXiv:1912.01100
 */
export class AR1 extends BaseStrategy {
  /** @throws {RangeError} If an option is out of range, or one is given that needs another. */
  constructor(options: StrategyOptions & AR1Options) {
    const [own, rest] = splitStrategyOptions<AR1Options>("AR1", options, ar1.options);
    const plugins = createPlugins(options.model, fillDefaults(own, ar1.options));
    super({ ...rest, plugins: [...(rest.plugins ?? []), ...plugins] });
  }
}

function createPlugins(
  model: StrategyOptions["model"],
  options: ResolvedOptions<typeof ar1.options>,
): StrategyPlugin[] {
  const { latentLayerName: layerName, memSize, lambda, incLearningRate } = options;
  const head = options.cwrLayerName ?? findOutputLayer(model);
  if (memSize !== undefined && layerName === undefined) {
    throw new RangeRefusal("AR1: memSize requires latentLayerName");
  }
  const replay = layerName === undefined ? undefined : new LatentReplayPlugin({ layerName, memSize });
  const rehearsedTargets = () => replay?.memory.targets ?? [];
  return [
    new CWRStarPlugin({ cwrLayerName: head, freezeRemainingModel: false, rehearsedTargets }),
    ...(replay ? [replay] : []),
    // After what holds layers still: it goes by how far parameters have moved.
    ...(lambda > 0 ? [new SynapticIntelligencePlugin({ lambda, excludedParameters: [head] })] : []),
    ...(incLearningRate === undefined ? [] : [setLaterLearningRate(incLearningRate)]),
  ];
}

/** Gives the optimizer another learning rate from the second experience on. */
function setLaterLearningRate(learningRate: number): StrategyPlugin {
  return {
    name: "AR1 with incLearningRate",
    traits: ["setsLearningRate"],
    excludes: ["setsLearningRate"],
    afterTrainDatasetAdaptation(strategy) {
      if (countPastExperiences(strategy) > 0) strategy.optimizer.learningRate = learningRate;
    },
  };
}

/** By the names under which a list of methods loads them. */
export { AR1 as strategy };
