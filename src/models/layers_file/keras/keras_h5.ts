import { readFileSync } from "node:fs";
import { describeCause, needs, RangeRefusal, SyntaxRefusal } from "../../../core/errors/errors.ts";
import { withFileNamedSync } from "../../../core/errors/system_error.ts";
import { ContentHash } from "../../../core/hashing/content_hash.ts";
import { openHdf5 } from "../hdf5/hdf5_file.ts";
import { assertLayersMeanTheSame } from "../layers_topology.ts";
import type { LayersFile } from "../read_layers_file.ts";
import { convertKerasModel } from "./keras_model.ts";
import { collectGroupedWeights } from "./legacy_weights.ts";

/**
 * Reads a whole model in one HDF5 file (.h5), as `model.save` of Keras 2 writes it, and that of Keras 3 when it is
 * asked for that.
 * @param path The .h5 file.
 * @param file What messages begin with.
 * @throws {RefusalError} If it is missing, damaged or holds weights alone, or its layers are written in another way.
 */
export function readKerasH5(path: string, file: string): LayersFile {
  const contents = withFileNamedSync(path, () => readFileSync(path));
  const hash = new ContentHash();
  hash.add(contents);
  const hdf5 = openHdf5(contents, file);
  const [text] = hdf5.readTexts("", "model_config") ?? [];
  if (text === undefined) {
    throw new RangeRefusal(needs(file, "a whole model, as model.save writes it", "weights alone (save_weights)"));
  }
  const [version = ""] = hdf5.readTexts("", "keras_version") ?? [];
  const topology = convertKerasModel(parseConfig(text, file), { file, isKeras2: !version.startsWith("3") });
  assertLayersMeanTheSame(topology, file);
  const layers = collectGroupedWeights(topology, hdf5, file);
  return { topology, weights: { kind: "byLayer", layers }, sha256: hash.digest() };
}

function parseConfig(text: string, file: string): unknown {
  try {
    return JSON.parse(text, nameLayers);
  } catch (cause) {
    throw new SyntaxRefusal(`${file}: its model_config is no JSON: ${describeCause(cause)}`, { cause });
  }
}

/** Before Keras 2.2.3, a sequential model was a list of layers without a name. */
function nameLayers(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const { class_name, config } = value as { readonly class_name?: unknown; readonly config?: unknown };
  if (class_name !== "Sequential" || !Array.isArray(config)) return value;
  const name: unknown = Reflect.get(value, "name") ?? "sequential";
  return { ...value, config: { name, layers: config } };
}
