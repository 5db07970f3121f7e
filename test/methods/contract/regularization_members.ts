import { CWRStar, CWRStarPlugin } from "../../../src/methods/cwr_star/cwr_star_plugin.ts";
import { EWC, EWCPlugin } from "../../../src/methods/ewc/ewc_plugin.ts";
import { FeatureDistillationPlugin } from "../../../src/methods/feature_distillation/feature_distillation_plugin.ts";
import {
  FromScratchTraining,
  FromScratchTrainingPlugin,
} from "../../../src/methods/from_scratch_training/from_scratch_training_plugin.ts";
import { JointTraining } from "../../../src/methods/joint_training/joint_training.ts";
import { LFL, LFLPlugin } from "../../../src/methods/lfl/lfl_plugin.ts";
import { LossScalingPlugin } from "../../../src/methods/loss_scaling/loss_scaling_plugin.ts";
import { LwF, LwFPlugin } from "../../../src/methods/lwf/lwf_plugin.ts";
import { MAS, MASPlugin } from "../../../src/methods/mas/mas_plugin.ts";
import { PackNet, PackNetPlugin } from "../../../src/methods/pack_net/pack_net_plugin.ts";
import { RWalk, RWalkPlugin } from "../../../src/methods/rwalk/rwalk_plugin.ts";
import {
  SynapticIntelligence,
  SynapticIntelligencePlugin,
} from "../../../src/methods/synaptic_intelligence/synaptic_intelligence_plugin.ts";
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
