import { readFileSync } from "node:fs";
import { readZip } from "../../../core/archives/zip_reader.ts";
import { describeCause, needs, RangeRefusal, SyntaxRefusal } from "../../../core/errors/errors.ts";
import { withFileNamedSync } from "../../../core/errors/system_error.ts";
import { ContentHash } from "../../../core/hashing/content_hash.ts";
import { openHdf5 } from "../hdf5/hdf5_file.ts";
import { assertLayersMeanTheSame } from "../layers_topology.ts";
import type { LayersFile } from "../read_layers_file.ts";
import { convertKerasModel } from "./keras_model.ts";
import { collectWeights } from "./keras_weights.ts";

const CONFIG = "config.json";
const METADATA = "metadata.json";
const WEIGHTS = "model.weights.h5";

/**
 * Reads a model as Keras 3 saves it, and tf.keras since 2.13: a zip archive of config.json and model.weights.h5.
 * @param path The .keras file.
 * @param file What messages begin with.
 * @throws {RefusalError} If it is missing, damaged or no such archive, or its layers are written in another way.
 */
export function readKerasArchive(path: string, file: string): LayersFile {
  const contents = withFileNamedSync(path, () => readFileSync(path));
  const hash = new ContentHash();
  hash.add(contents);
  const entries = readZip(contents, file);
  const read = (name: string) => {
    const entry = entries.get(name);
    if (entry) return entry.read();
    throw new RangeRefusal(needs(file, `${name}, as a file of Keras's has it`, [...entries.keys()]));
  };
  const config = parseConfig(new TextDecoder().decode(read(CONFIG)), file);
  const topology = convertKerasModel(config, { file, isKeras2: isOfKeras2(entries.get(METADATA)?.read()) });
  assertLayersMeanTheSame(topology, file);
  const layers = collectWeights(topology, openHdf5(read(WEIGHTS), `${file}, ${WEIGHTS}`).arrays, file);
  return { topology, weights: { kind: "byLayer", layers }, sha256: hash.digest() };
}

/** Whether a file says so of itself; another one is taken for Keras 3's. */
function isOfKeras2(metadata: Uint8Array | undefined): boolean {
  return metadata !== undefined && /"keras_version": *"2/.test(new TextDecoder().decode(metadata));
}

function parseConfig(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SyntaxRefusal(`${file}: ${CONFIG} is no JSON: ${describeCause(cause)}`, { cause });
  }
}
