import { TypeRefusal } from "../../core/errors/errors.ts";
import { parseNetwork } from "../import/parse_network.ts";
import type { LayerJson } from "../topology/topology_schema.ts";
import type { ImportedNetworkSpec } from "./imported_network_layer.ts";
import type { LayerCall } from "./layer_call.ts";
import type { ClassFamily } from "./layer_definition.ts";

/** The class in TF.js of networks from ONNX files: our own. */
export const importedNetworkClasses = {
  ImportedNetwork: parseImportedNetwork,
} satisfies ClassFamily<ImportedNetworkSpec>;

function parseImportedNetwork(layer: LayerJson, call: LayerCall): ImportedNetworkSpec {
  const { network } = layer.config;
  if (typeof network !== "string") throw new TypeRefusal(`layer "${layer.config.name}": network must be a text`);
  return { ...call, kind: "importedNetwork", layer: layer.config.name, network: parseNetwork(network) };
}
