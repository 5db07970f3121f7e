import { Cluster } from "../../src/cluster/cluster.ts";
import { type ClusterOptions, resolveClusterOptions } from "../../src/cluster/cluster_options.ts";
import { flattenWeights } from "../../src/models/model_snapshot.ts";
import type { MLPOptions } from "../../src/models/options.ts";
import { mlp } from "../../src/models/simple_mlp.ts";
import type { Optimizer } from "../../src/optimizers/optimizer.ts";
import { SGD } from "../../src/optimizers/sgd.ts";

/** A small model for `makeTask`: 6-8-4. */
export const SMALL_MLP = { inputShape: [6], hiddenLayers: 1, hiddenSize: 8, numClasses: 4 } as const;

/** Starts a cluster for a small MLP. The caller closes it. */
export function startMadeCluster(
  options: ClusterOptions,
  { model = {}, optimizer = new SGD({ learningRate: 0.1 }) }: { model?: MLPOptions; optimizer?: Optimizer } = {},
): Promise<Cluster> {
  const snapshot = flattenWeights(mlp({ ...SMALL_MLP, ...model }));
  const outputSize = model.numClasses ?? SMALL_MLP.numClasses;
  const training = { optimizer, seed: 1 };
  return Cluster.start({ ...snapshot, outputSize }, resolveClusterOptions(options), training);
}
