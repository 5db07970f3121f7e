import { AGEM, AGEMPlugin } from "../../../src/methods/agem/agem_plugin.ts";
import { AR1 } from "../../../src/methods/ar1/ar1.ts";
import { DER, DERPlugin } from "../../../src/methods/der/der_plugin.ts";
import { ER_ACE, ERACEPlugin } from "../../../src/methods/er_ace/er_ace_plugin.ts";
import { ER_AML, ERAMLPlugin } from "../../../src/methods/er_aml/er_aml_plugin.ts";
import { FeatureReplay, FeatureReplayPlugin } from "../../../src/methods/feature_replay/feature_replay_plugin.ts";
import { GDumb, GDumbPlugin } from "../../../src/methods/gdumb/gdumb_plugin.ts";
import { GEM, GEMPlugin } from "../../../src/methods/gem/gem_plugin.ts";
import { GSS_greedy, GSSGreedyPlugin } from "../../../src/methods/gss_greedy/gss_greedy_plugin.ts";
import { IL2M, IL2MPlugin } from "../../../src/methods/il2m/il2m_plugin.ts";
import { LaMAML } from "../../../src/methods/la_maml/la_maml.ts";
import { LatentReplayPlugin } from "../../../src/methods/latent_replay/latent_replay_plugin.ts";
import { MER } from "../../../src/methods/mer/mer.ts";
import { MIR, MIRPlugin } from "../../../src/methods/mir/mir_plugin.ts";
import { RARPlugin } from "../../../src/methods/rar/rar_plugin.ts";
import { type ContractMember, withPlugin } from "./contract_member.ts";

/** Strategies and plugins that keep samples of the past, replay aside, by class name. */
export const REHEARSAL_MEMBERS: Readonly<Record<string, ContractMember>> = {
  GEM: { create: (options) => new GEM({ ...options, patternsPerExperience: 20 }), randomStreams: ["gem"] },
  GEMPlugin: withPlugin(() => new GEMPlugin({ patternsPerExperience: 40, memoryStrength: 0 }), {
    randomStreams: ["gem"],
  }),
  AGEM: { create: (options) => new AGEM({ ...options, patternsPerExperience: 20 }), randomStreams: ["agem"] },
  AGEMPlugin: withPlugin(() => new AGEMPlugin({ patternsPerExperience: 50, sampleSize: 9 }), {
    randomStreams: ["agem"],
  }),
  GDumb: { create: (options) => new GDumb({ ...options, memSize: 60 }) },
  GDumbPlugin: withPlugin(() => new GDumbPlugin({ memSize: 21 })),
  MIR: {
    create: (options) => new MIR({ ...options, memSize: 40, subsample: 20, batchSizeMem: 8 }),
    randomStreams: ["mir"],
  },
  MIRPlugin: withPlugin(() => new MIRPlugin({ memSize: 40, compatibility: "avalanche" }), { randomStreams: ["mir"] }),
  DER: { create: (options) => new DER({ ...options, memSize: 40, batchSizeMem: 8 }), randomStreams: ["der"] },
  DERPlugin: withPlugin(() => new DERPlugin({ memSize: 40, beta: 0.2, compatibility: "avalanche" }), {
    randomStreams: ["der"],
  }),
  ER_ACE: { create: (options) => new ER_ACE({ ...options, memSize: 40 }), randomStreams: ["er-ace"] },
  ERACEPlugin: withPlugin(() => new ERACEPlugin({ memSize: 40, compatibility: "avalanche" }), {
    randomStreams: ["er-ace"],
  }),
  ER_AML: { create: (options) => new ER_AML({ ...options, memSize: 40 }), randomStreams: ["er-aml"] },
  ERAMLPlugin: withPlugin(() => new ERAMLPlugin({ memSize: 40, compatibility: "avalanche" }), {
    randomStreams: ["er-aml"],
  }),
  FeatureReplay: {
    create: (options) => new FeatureReplay({ ...options, memSize: 80, batchSizeMem: 40 }),
    randomStreams: ["feature-replay"],
  },
  FeatureReplayPlugin: withPlugin(() => new FeatureReplayPlugin({ memSize: 40, compatibility: "avalanche" }), {
    randomStreams: ["feature-replay"],
  }),
  AR1: {
    create: (options) => {
      const latentLayerName = options.model.layers[0]?.name ?? "";
      return new AR1({ ...options, latentLayerName, memSize: 40, lambda: 0.1, incLearningRate: 0.005 });
    },
    randomStreams: ["latent-replay"],
  },
  LatentReplayPlugin: withPlugin(() => new LatentReplayPlugin({ layerName: "fc0", memSize: 100 }), {
    randomStreams: ["latent-replay"],
  }),
  GSS_greedy: {
    create: (options) => new GSS_greedy({ ...options, memSize: 40, memStrength: 3 }),
    randomStreams: ["gss"],
  },
  GSSGreedyPlugin: withPlugin(() => new GSSGreedyPlugin({ memSize: 10, batchSizeMem: 5 }), { randomStreams: ["gss"] }),
  RARPlugin: withPlugin(() => new RARPlugin({ memSize: 80, epsilon: 0.3 }), {
    randomStreams: ["rar"],
  }),
  IL2M: { create: (options) => new IL2M({ ...options, memSize: 20 }) },
  IL2MPlugin: withPlugin(() => new IL2MPlugin({ memSize: 20, batchSizeMem: 5 })),
  MER: {
    create: (options) => new MER({ ...options, memSize: 20, batchSizeMem: 2, innerBatches: 2 }),
    randomStreams: ["mer"],
  },
  LaMAML: { create: (options) => new LaMAML({ ...options, memSize: 20 }), randomStreams: ["la-maml"] },
};
