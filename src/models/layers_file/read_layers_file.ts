import { readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import { describeIssue } from "../../core/errors/describe_issue.ts";
import { describeCause, needs, RangeRefusal, SyntaxRefusal, TypeRefusal } from "../../core/errors/errors.ts";
import { withFileNamedSync } from "../../core/errors/system_error.ts";
import { ContentHash } from "../../core/hashing/content_hash.ts";
import { countElements } from "../../core/host_tensor.ts";
import type { ModelTopology } from "../../engine/model_topology.ts";
import type { LayerWeights } from "./keras/keras_weights.ts";
import { parseLayersTopology } from "./layers_topology.ts";

/** A weight as a file has it. */
export interface StoredWeight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array | Int32Array;
}

/** Weights by the names that TF.js gives them, or by layer, each layer's in its own order. */
export type StoredWeights =
  | { readonly kind: "byName"; readonly weights: readonly StoredWeight[] }
  | { readonly kind: "byLayer"; readonly layers: LayerWeights };

/** What a folder of TF.js, or a file of Keras's, holds: a model's layers and their weights. */
export interface LayersFile {
  readonly topology: ModelTopology;
  readonly weights: StoredWeights;
  /** Of the contents of all of its files. */
  readonly sha256: string;
}

const weightSchema = z.looseObject({
  name: z.string().min(1),
  shape: z.array(z.number().int().nonnegative()),
  dtype: z.string(),
  quantization: z.unknown().optional(),
});

const fileSchema = z.looseObject({
  format: z.string().optional(),
  modelTopology: z.union([z.string(), z.looseObject({})]),
  weightsManifest: z.array(z.looseObject({ paths: z.array(z.string().min(1)), weights: z.array(weightSchema) })),
});

type Manifest = z.infer<typeof fileSchema>["weightsManifest"];

/**
 * Reads a layers-model as TF.js's `save` and the converter of Keras models write it: model.json with the topology, and
 * shards of weights beside it.
 * @param path The folder or its JSON file.
 * @param file What messages begin with.
 * @throws {RefusalError} If a file is missing, cut off or of another kind, a graph-model say, or its weights are
 *   quantised.
 */
export function readLayersFile(path: string, file: string): LayersFile {
  const jsonFile = withFileNamedSync(path, () => statSync(path)).isDirectory() ? join(path, "model.json") : path;
  const hash = new ContentHash();
  const read = (name: string) => {
    const contents = readAll(name);
    hash.add(contents);
    return contents;
  };
  const { format, modelTopology, weightsManifest } = parseFile(read(jsonFile).toString("utf8"), file);
  if (format !== undefined && format !== "layers-model") {
    const wanted = "a layers-model (tensorflowjs_converter --output_format=tfjs_layers_model)";
    throw new RangeRefusal(needs(file, wanted, format));
  }
  const topology = parseLayersTopology(modelTopology, file);
  const weights = readWeights(weightsManifest, (name) => read(join(dirname(jsonFile), name)), file);
  return { topology, weights: { kind: "byName", weights }, sha256: hash.digest() };
}

function readAll(path: string): Buffer {
  return withFileNamedSync(path, () => readFileSync(path));
}

function parseFile(text: string, file: string): z.infer<typeof fileSchema> {
  const json = parseJson(text, file);
  const parsed = fileSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new TypeRefusal(`${file} is no model.json of TF.js: ${describeIssue(parsed.error, json)}`);
}

/** @throws {SyntaxRefusal} If it is no JSON. */
function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SyntaxRefusal(`${file} is no JSON: ${describeCause(cause)}`, { cause });
  }
}

function readWeights(manifest: Manifest, read: (name: string) => Buffer, file: string): StoredWeight[] {
  return manifest.flatMap(({ paths, weights }) => {
    const bytes = Buffer.concat(paths.map(read));
    const length = weights.reduce((sum, { shape }) => sum + 4 * countElements(shape), 0);
    for (const weight of weights) assertPlain(weight, file);
    if (bytes.length !== length) {
      throw new RangeRefusal(needs(file, `${length} bytes of weights in ${paths.join(", ")}`, bytes.length));
    }
    let at = 0;
    return weights.map(({ name, shape, dtype }) => {
      const buffer = new Uint8Array(bytes.subarray(at, at + 4 * countElements(shape))).buffer;
      at += buffer.byteLength;
      return { name, shape, values: dtype === "int32" ? new Int32Array(buffer) : new Float32Array(buffer) };
    });
  });
}

function assertPlain({ name, dtype, quantization }: z.infer<typeof weightSchema>, file: string): void {
  if (quantization !== undefined && quantization !== null) {
    const wanted = "weights that are not quantized, as training needs them whole (leave out --quantize_*)";
    throw new RangeRefusal(needs(file, wanted, name));
  }
  if (dtype !== "float32" && dtype !== "int32") {
    throw new RangeRefusal(needs(`${file}: the weight "${name}"`, "values of float32 or int32", dtype));
  }
}
