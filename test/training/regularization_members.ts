import { CWRStarPlugin } from "../../src/training/plugins/cwr_star_plugin.ts";
import { EWCPlugin } from "../../src/training/plugins/ewc_plugin.ts";
import { FeatureDistillationPlugin } from "../../src/training/plugins/feature_distillation_plugin.ts";
import { FromScratchTrainingPlugin } from "../../src/training/plugins/from_scratch_training_plugin.ts";
import { LFLPlugin } from "../../src/training/plugins/lfl_plugin.ts";
import { LossScalingPlugin } from "../../src/training/plugins/loss_scaling_plugin.ts";
import { LwFPlugin } from "../../src/training/plugins/lwf_plugin.ts";
import { MASPlugin } from "../../src/training/plugins/mas_plugin.ts";
import { PackNetPlugin } from "../../src/training/plugins/pack_net_plugin.ts";
import { RWalkPlugin } from "../../src/training/plugins/rwalk_plugin.ts";
import { SynapticIntelligencePlugin } from "../../src/training/plugins/synaptic_intelligence_plugin.ts";
import { CWRStar } from "../../src/training/strategies/cwr_star.ts";
import { EWC } from "../../src/training/strategies/ewc.ts";
import { FromScratchTraining } from "../../src/training/strategies/from_scratch_training.ts";
import { JointTraining } from "../../src/training/strategies/joint_training.ts";
import { LFL } from "../../src/training/strategies/lfl.ts";
import { LwF } from "../../src/training/strategies/lwf.ts";
import { MAS } from "../../src/training/strategies/mas.ts";
import { PackNet } from "../../src/training/strategies/pack_net.ts";
import { RWalk } from "../../src/training/strategies/rwalk.ts";
import { SynapticIntelligence } from "../../src/training/strategies/synaptic_intelligence.ts";
import { type ContractMember, withPlugin } from "./contract_member.ts";

/** Baselines, and strategies that hold parameters or outputs to what they were, by class name. */
export const REGULARIZATION_MEMBERS: Readonly<Record<string, ContractMember>> = {
  JointTraining: { create: (options) => new JointTraining(options), trainsOnce: true },
  FromScratchTraining: { create: (options) => new FromScratchTraining(options) },
  FromScratchTrainingPlugin: withPlugin(() => new FromScratchTrainingPlugin({ resetOptimizer: false })),
  SynapticIntelligence: { create: (options) => new SynapticIntelligence({ ...options, lambda: [1, 2], eps: 0.01 }) },
  SynapticIntelligencePlugin: withPlugin(
    () => new SynapticIntelligencePlugin({ lambda: 100, eps: 0.01, compatibility: "avalanche" }),
  ),
  MAS: { create: (options) => new MAS({ ...options, lambda: 0.1 }) },
  MASPlugin: withPlugin(() => new MASPlugin({ lambda: 0.1, compatibility: "avalanche" })),
  RWalk: { create: (options) => new RWalk({ ...options, deltaT: 3 }) },
  RWalkPlugin: withPlugin(() => new RWalkPlugin({ lambda: 0.3 })),
  LwF: { create: (options) => new LwF({ ...options, alpha: [1, 2] }) },
  LwFPlugin: withPlugin(() => new LwFPlugin({ temperature: 3, compatibility: "avalanche" })),
  LossScalingPlugin: withPlugin(() => new LossScalingPlugin({ factor: "inverse-experience" })),
  EWC: {
    create: (options) => new EWC({ ...options, lambda: 10, trueFisher: true, importanceSamples: 30 }),
    randomStreams: ["ewc"],
  },
  EWCPlugin: withPlugin(
    () => new EWCPlugin({ lambda: 10, mode: "online", decayFactor: 0.5, compatibility: "avalanche" }),
  ),
  CWRStar: { create: (options) => new CWRStar(options) },
  CWRStarPlugin: withPlugin(() => new CWRStarPlugin({ cwrLayerName: "classifier", freezeRemainingModel: false })),
  PackNet: { create: (options) => new PackNet({ ...options, postPruneEpochs: 1 }) },
  PackNetPlugin: withPlugin(() => new PackNetPlugin({ postPruneEpochs: 0, pruneProportion: [0.7, 0.2] })),
  LFL: { create: (options) => new LFL({ ...options, lambda: [0.5, 1] }) },
  LFLPlugin: withPlugin(() => new LFLPlugin({ lambda: 2, compatibility: "avalanche" })),
  FeatureDistillationPlugin: withPlugin(() => new FeatureDistillationPlugin({ alpha: 2 })),
};
