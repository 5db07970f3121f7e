import { BiCPlugin } from "../../src/methods/bic/bic_plugin.ts";
import { CoPEPlugin } from "../../src/methods/cope/cope_plugin.ts";
import { FeCAMPlugin } from "../../src/methods/fecam/fecam_plugin.ts";
import { IL2MPlugin } from "../../src/methods/il2m/il2m_plugin.ts";
import { Naive } from "../../src/methods/naive/naive.ts";
import { NCMPlugin } from "../../src/methods/ncm/ncm_plugin.ts";
import { PackNetPlugin } from "../../src/methods/pack_net/pack_net_plugin.ts";
import { RanPAC } from "../../src/methods/ranpac/ranpac.ts";
import { SCRPlugin } from "../../src/methods/scr/scr_plugin.ts";
import { StreamingLDA } from "../../src/methods/streaming_lda/streaming_lda.ts";
import { WeightAveragingPlugin } from "../../src/methods/weight_averaging/weight_averaging_plugin.ts";
import { mlp } from "../../src/models/simple_mlp.ts";
import type { StrategyPlugin } from "../../src/training/loop/strategy_plugin.ts";
import { type ContractMember, withPlugin } from "../methods/contract/contract_member.ts";
import { SMALL_MLP } from "../support/made_cluster.ts";

/** Several plugins in a strategy that does nothing else. */
function withPlugins(...createPlugins: readonly (() => StrategyPlugin)[]): ContractMember {
  return { create: (given) => new Naive({ ...given, plugins: createPlugins.map((create) => create()) }) };
}

const average = () => new WeightAveragingPlugin({ decay: 0.9 });
const packNet = () => new PackNetPlugin({ postPruneEpochs: 1 });
const wide = () => mlp({ ...SMALL_MLP, numClasses: 9 });

/** Ways to predict that the members of the contract do not show, by what they are. */
export const EXPORT_VARIANTS: Readonly<Record<string, ContractMember>> = {
  "means of features as they are, of all samples": withPlugin(
    () => new NCMPlugin({ normalize: false, update: "oracle" }),
  ),
  "means of each experience's own features": withPlugin(() => new NCMPlugin({ update: "current" })),
  "covariances of transformed features": withPlugin(() => new FeCAMPlugin({ tukeyLambda: 0.3 })),
  "covariances of features as they are": withPlugin(
    () => new FeCAMPlugin({ tukeyLambda: 1, shrinkDiagonal: 0.1, shrinkOffDiagonal: 0 }),
  ),
  "a discriminant analysis of the layer before the last": { create: (options) => new StreamingLDA(options) },
  "a regression on random features of the layer before the last": {
    create: (options) => new RanPAC({ ...options, projectionSize: 50 }),
  },
  "an average of the parameters": withPlugin(average),
  "means of features by averaged parameters": withPlugins(average, () => new NCMPlugin()),
  "means by trained, features by averaged parameters": withPlugins(() => new NCMPlugin(), average),
  "corrected logits by averaged parameters": withPlugins(() => new BiCPlugin({ memSize: 30 }), average),
  "rectified logits of few exemplars": withPlugin(() => new IL2MPlugin({ memSize: 4, batchSizeMem: 2 })),
  "cosines of a wide embedding": {
    ...withPlugin(() => new CoPEPlugin({ memSize: 20 })),
    createModel: wide,
  },
  "means before a wide projection": { ...withPlugin(() => new SCRPlugin({ memSize: 20 })), createModel: wide },
  "parts of a network, by task": { ...withPlugin(packNet), taskLabels: true },
  "means of features of parts of a network, by task": {
    ...withPlugins(packNet, () => new NCMPlugin({ memSize: 30 })),
    taskLabels: true,
  },
};
