import { CutMixPlugin } from "../../../src/methods/cutmix/cutmix_plugin.ts";
import { GradientAccumulationPlugin } from "../../../src/methods/gradient_accumulation/gradient_accumulation_plugin.ts";
import { GradientClippingPlugin } from "../../../src/methods/gradient_clipping/gradient_clipping_plugin.ts";
import { LRSchedulerPlugin } from "../../../src/methods/lr_scheduler/lr_scheduler_plugin.ts";
import { ReduceLROnPlateauPlugin } from "../../../src/methods/lr_scheduler/reduce_lr_on_plateau_plugin.ts";
import { MixupPlugin } from "../../../src/methods/mixup/mixup_plugin.ts";
import { ShrinkAndPerturbPlugin } from "../../../src/methods/shrink_and_perturb/shrink_and_perturb_plugin.ts";
import { WeightAveragingPlugin } from "../../../src/methods/weight_averaging/weight_averaging_plugin.ts";
import { mlp } from "../../../src/models/simple_mlp.ts";
import { SMALL_MLP } from "../../support/made_cluster.ts";
import { type ContractMember, withPlugin } from "./contract_member.ts";

/** Plugins that change how any strategy steps, by class name. */
export const UTILITY_MEMBERS: Readonly<Record<string, ContractMember>> = {
  LRSchedulerPlugin: withPlugin(
    () =>
      new LRSchedulerPlugin({ schedule: { kind: "cosine", steps: 5 }, granularity: "iteration", warmUp: { steps: 2 } }),
  ),
  ReduceLROnPlateauPlugin: withPlugin(
    () => new ReduceLROnPlateauPlugin({ patience: 0, resetScheduler: false, threshold: 0.5 }),
  ),
  GradientClippingPlugin: withPlugin(() => new GradientClippingPlugin({ maxNorm: 0.5 })),
  GradientAccumulationPlugin: withPlugin(() => new GradientAccumulationPlugin({ minibatches: 2 })),
  MixupPlugin: withPlugin(() => new MixupPlugin({ alpha: 0.8 }), { randomStreams: ["mixup"] }),
  CutMixPlugin: withPlugin(() => new CutMixPlugin(), {
    randomStreams: ["cutmix"],
    createModel: (hiddenSize) => mlp({ ...SMALL_MLP, inputShape: [6, 1, 1], hiddenSize, dropout: 0.2 }),
  }),
  WeightAveragingPlugin: withPlugin(() => new WeightAveragingPlugin({ decay: 0.8, adoptAverage: true })),
  ShrinkAndPerturbPlugin: withPlugin(() => new ShrinkAndPerturbPlugin(), { randomStreams: ["shrink-and-perturb"] }),
};
