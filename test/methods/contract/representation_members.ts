import { BiC, BiCPlugin } from "../../../src/methods/bic/bic_plugin.ts";
import { CoPE, CoPEPlugin } from "../../../src/methods/cope/cope_plugin.ts";
import { FeCAMPlugin } from "../../../src/methods/fecam/fecam_plugin.ts";
import { ICaRL, ICaRLPlugin } from "../../../src/methods/icarl/icarl_plugin.ts";
import { LAE, LAEPlugin } from "../../../src/methods/lae/lae_plugin.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { NCMPlugin } from "../../../src/methods/ncm/ncm_plugin.ts";
import { RanPAC } from "../../../src/methods/ranpac/ranpac.ts";
import { SCR, SCRPlugin } from "../../../src/methods/scr/scr_plugin.ts";
import { StreamingLDA } from "../../../src/methods/streaming_lda/streaming_lda.ts";
import type { StrategyOptions } from "../../../src/training/loop/strategy_options.ts";
import { type ContractMember, withPlugin } from "./contract_member.ts";

/** Stands for adapters: the first layer of an MLP, or a network from a file. */
const BODY = ["/^(fc0|network)/"];

/** Strategies and plugins that learn or compare features, by class name. */
export const REPRESENTATION_MEMBERS: Readonly<Record<string, ContractMember>> = {
  NCMPlugin: withPlugin(() => new NCMPlugin({ memSize: 30 })),
  FeCAMPlugin: {
    // Four features: a covariance of two thousand takes its time.
    create: (options) => {
      const plugins = [new FeCAMPlugin({ update: "current", ...nameLastLayer(options) })];
      return new Naive({ ...options, plugins });
    },
  },
  ICaRL: { create: (options) => new ICaRL({ ...options, memSize: 20 }) },
  ICaRLPlugin: withPlugin(() => new ICaRLPlugin({ memSize: 4, fixedMemory: false })),
  StreamingLDA: { create: (options) => new StreamingLDA({ ...options, ...nameLastLayer(options) }) },
  RanPAC: { create: (options) => new RanPAC({ ...options, ...nameLastLayer(options), projectionSize: 24 }) },
  SCR: { create: (options) => new SCR({ ...options, memSize: 20, batchSizeMem: 10 }) },
  SCRPlugin: withPlugin(() => new SCRPlugin({ memSize: 20, batchSizeMem: 5, temperature: 0.5 })),
  CoPE: { create: (options) => new CoPE({ ...options, memSize: 20 }), randomStreams: ["cope"] },
  CoPEPlugin: withPlugin(() => new CoPEPlugin({ memSize: 20, batchSizeMem: 5, alpha: 0.5 }), {
    randomStreams: ["cope"],
  }),
  LAE: { create: (options) => new LAE({ ...options, parameters: BODY, decay: 0.8, heldShare: 0.3 }) },
  LAEPlugin: withPlugin(() => new LAEPlugin({ parameters: BODY, decay: 0.9, ensemble: false })),
  BiC: { create: (options) => new BiC({ ...options, memSize: 30 }), randomStreams: ["bic"] },
  BiCPlugin: withPlugin(() => new BiCPlugin({ memSize: 30, lambda: 0.4 }), { randomStreams: ["bic"] }),
};

function nameLastLayer({ model }: StrategyOptions): { readonly layerName: string } {
  return { layerName: model.layers.at(-1)?.name ?? "" };
}
