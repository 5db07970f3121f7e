import { RangeRefusal } from "../../../core/errors/errors.ts";
import type { ModelTopology } from "../../../engine/model_topology.ts";
import type { Hdf5Array } from "../hdf5/hdf5_file.ts";

interface Layer {
  readonly class_name: string;
  readonly config: { readonly name: string; readonly layers?: readonly Layer[]; readonly layer?: Layer };
}

/** Weights of layers by their names, each layer's in the order in which it makes them. */
export type LayerWeights = ReadonlyMap<string, readonly Hdf5Array[]>;

/**
 * The weights of a model's layers in Keras 3's file of them: groups are named after the layers' classes, and counted in
 * the model's order, whatever the layers' own names are.
 * @throws {RangeRefusal} If two layers have one name.
 */
export function collectWeights(
  topology: ModelTopology,
  arrays: ReadonlyMap<string, Hdf5Array>,
  file: string,
): LayerWeights {
  const weights = new Map<string, readonly Hdf5Array[]>();
  addModel(topology, "");
  return weights;

  function addModel({ config }: Pick<ModelTopology, "config">, prefix: string): void {
    const counts = new Map<string, number>();
    for (const layer of (config as Layer["config"]).layers ?? []) {
      const kind = toSnakeCase(layer.class_name);
      const count = counts.get(kind) ?? 0;
      counts.set(kind, count + 1);
      const path = `${prefix}layers/${count === 0 ? kind : `${kind}_${count}`}/`;
      if (layer.config.layers) addModel(layer, path);
      else addLayer(layer, path);
    }
  }

  function addLayer(layer: Layer, path: string): void {
    const { name } = layer.config;
    if (weights.has(name)) throw new RangeRefusal(`${file}: two layers are named "${name}"`);
    weights.set(
      name,
      listParts(layer).flatMap((part) => listVariables(`${path}${part}vars/`)),
    );
  }

  function listVariables(path: string): Hdf5Array[] {
    const found: Hdf5Array[] = [];
    for (let array = arrays.get(`${path}0`); array; array = arrays.get(`${path}${found.length}`)) found.push(array);
    return found;
  }
}

/** Where in its group a layer keeps its weights, in TF.js's order. */
function listParts({ class_name, config }: Layer): string[] {
  switch (class_name) {
    case "Bidirectional":
      return ["forward_layer/cell/", "backward_layer/cell/"];
    case "GRU":
    case "LSTM":
    case "SimpleRNN":
      return ["cell/"];
    case "MultiHeadAttention":
      return ["query_dense/", "key_dense/", "value_dense/", "output_dense/"];
    case "TimeDistributed":
      return config.layer ? listParts(config.layer).map((part) => `layer/${part}`) : [];
    default:
      return [""];
  }
}

/** "MaxPooling2D" as "max_pooling2d": Keras's rule. */
function toSnakeCase(className: string): string {
  return className
    .replaceAll(/\W+/g, "")
    .replaceAll(/(.)([A-Z][a-z]+)/g, "$1_$2")
    .replaceAll(/([a-z])([A-Z])/g, "$1_$2")
    .toLowerCase();
}
