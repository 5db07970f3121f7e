import type { ImportedNetwork } from "../import/imported_network.ts";
import { replayNetwork } from "../import/replay_network.ts";
import type { LayerCall } from "./layer_call.ts";
import type { LayerFamily } from "./layer_definition.ts";

/** A network from an ONNX file as one layer; its weights are `${layer}/NAME`. */
export interface ImportedNetworkSpec extends LayerCall {
  readonly kind: "importedNetwork";
  readonly layer: string;
  readonly network: ImportedNetwork;
}

/** Networks from ONNX files. */
export const importedNetworkLayers = {
  importedNetwork: {
    parameters: ({ layer, network }) =>
      network.weights.map(({ name, shape, isTrainable }) => ({ name: `${layer}/${name}`, shape, isTrainable })),
    convert: ({ layer, network }, [x = ""], { graph, mode }) => replayNetwork(network, { layer, x, mode }, graph),
    dependsOnMode: ({ network }) => hasTrainedNorm(network),
  },
} satisfies LayerFamily<ImportedNetworkSpec>;

/** Whether a norm goes by its batch in training: one whose scale is trained. */
function hasTrainedNorm({ nodes, weights }: ImportedNetwork): boolean {
  const trained = new Set(weights.filter(({ isTrainable }) => isTrainable).map(({ name }) => name));
  return nodes.some(({ op, inputs: [, scale = ""] }) => op === "BatchNormalization" && trained.has(scale));
}
