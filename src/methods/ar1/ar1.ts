import { RangeRefusal } from "../../core/errors/errors.ts";
import type { OptionRules } from "../../core/options/assert_options.ts";
import { number, text, wholeNumber } from "../../core/options/value_rules.ts";
import { BaseStrategy } from "../../training/loop/base_strategy.ts";
import { type StrategyOptions, splitStrategyOptions } from "../../training/loop/strategy_options.ts";
import type { StrategyPlugin } from "../../training/loop/strategy_plugin.ts";
import { findOutputLayer } from "../../training/model/named_layer.ts";
import { CWRStarPlugin } from "../cwr_star/cwr_star_plugin.ts";
import { LatentReplayPlugin } from "../latent_replay/latent_replay_plugin.ts";
import { countPastExperiences } from "../shared/count_past_experiences.ts";
import { SynapticIntelligencePlugin } from "../synaptic_intelligence/synaptic_intelligence_plugin.ts";

/** How AR1 keeps its head, holds what lies below, and replays. */
export interface AR1Options {
  /** The dense layer that keeps its classes' weights apart; the model's last layer if left out. */
  readonly cwrLayerName?: string;
  /** The layer whose answers are replayed; without it nothing is. */
  readonly latentLayerName?: string;
  /** Answers kept in all; 1500 if left out. Only with `latentLayerName`. */
  readonly memSize?: number;
  /** Weight of synaptic intelligence's penalty on all layers but the head; 0, which leaves it out, if left out. */
  readonly lambda?: number;
  /** The optimizer's learning rate from the second experience on; as in the first if left out. */
  readonly incLearningRate?: number;
}

const AR1_RULES: OptionRules<AR1Options> = {
  cwrLayerName: text(),
  latentLayerName: text(),
  memSize: wholeNumber(1),
  lambda: number({ atLeast: 0 }),
  incLearningRate: number({ atLeast: 0 }),
};

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
    const [own, rest] = splitStrategyOptions("AR1", options, AR1_RULES);
    super({ ...rest, plugins: [...(rest.plugins ?? []), ...createPlugins(options.model, own)] });
  }
}

function createPlugins(model: StrategyOptions["model"], options: AR1Options): StrategyPlugin[] {
  const { latentLayerName: layerName, memSize, lambda = 0, incLearningRate } = options;
  const head = options.cwrLayerName ?? findOutputLayer(model);
  if (memSize !== undefined && layerName === undefined) {
    throw new RangeRefusal("AR1: memSize requires latentLayerName");
  }
  const replay =
    layerName === undefined
      ? undefined
      : new LatentReplayPlugin({ layerName, ...(memSize === undefined ? {} : { memSize }) });
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
