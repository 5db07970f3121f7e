import { readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { RangeRefusal } from "../core/errors/errors.ts";
import { describeReason } from "../core/errors/system_error.ts";
import { fitShape } from "../core/fit_shape.ts";
import { ContentHash } from "../core/hashing/content_hash.ts";
import { countElements } from "../core/host_tensor.ts";
import { omitUndefined } from "../core/options/omit_undefined.ts";
import { type ResolvedOptions, resolveOptions } from "../core/options/option_schema.ts";
import { RandomStream } from "../core/random_stream.ts";
import { ImportedNetwork } from "../engine/tfjs/layers/imported_network.ts";
import * as tf from "../engine/tfjs/tensorflow.ts";
import { addAdapters } from "../onnx/import/adapters/add_adapters.ts";
import { chooseTrainable } from "../onnx/import/cutting/choose_trainable.ts";
import { splitNetwork } from "../onnx/import/cutting/split_network.ts";
import { findInputs } from "../onnx/import/find_inputs.ts";
import { type Imported, importNetwork } from "../onnx/import/import_network.ts";
import { formatNetwork } from "../onnx/import/imported_network.ts";
import { inferOutputShape } from "../onnx/import/infer_output_shape.ts";
import type { OnnxSource } from "../onnx/import/onnx_source.ts";
import { readOnnx } from "../onnx/import/read_onnx.ts";
import { addGrowingHead, callLayer } from "./growth/growing_classifier.ts";
import { type LoraAdapter, lora } from "./lora.ts";
import { initializeLikeKeras, initializeLikePyTorch } from "./model_initialization.ts";
import { ONNX_MODEL_OPTIONS, type OnnxModelOptions } from "./options.ts";
import { noteWeightsFile } from "./weights_origin.ts";

type Settings = ResolvedOptions<typeof ONNX_MODEL_OPTIONS>;

/**
 * A network from an ONNX file, as PyTorch, Keras and others export it, to be trained on: all of it, some of its weights
 * or a new classifier alone. Logits are [N, C]. A last softmax is left out, as training wants logits; images come with
 * their channels last, whatever the file wants. What is not trained stays as it is, moving statistics included. The
 * layers are called input, network and, for a new head, classifier; what lies below the first trained weight is a layer
 * of its own, frozen, where one value parts it from the rest. The caller owns the model; the engine onnxruntime
 * alone computes it.
 * @throws {SyntaxError} If it is no ONNX file. {RangeError} If an operator has no rule (the message names it), the
 * samples do not fit, or `trainable` or the adapter's `target` names no weight.
 * @example
 * const model = onnxModel({ path: "resnet18.onnx", trainable: ["layer4.*"], inputShape: [224, 224, 3] });
 */
export function onnxModel(options: OnnxModelOptions): tf.LayersModel {
  const settings = resolveOptions("onnxModel", options, ONNX_MODEL_OPTIONS);
  if (settings.incremental && settings.multiHead) {
    throw new RangeRefusal("onnxModel: incremental and multiHead exclude each other");
  }
  const subject = settings.path === undefined ? "the ONNX file" : basename(settings.path);
  const { source, sha256 } = readSource(settings, subject);
  const fit = fitSamples(source, settings, subject);
  const { adapter, trainable = [adapter ? "none" : "all"] } = settings;
  const plain = importNetwork(source, {
    subject,
    head: settings.head,
    features: settings.features,
    inputs: settings.inputs,
    sampleShape: fit.fileShape,
    chooseTrainable: (weights) => chooseTrainable(weights, trainable, subject),
  });
  const imported = adapter ? adapt(plain, adapter, { subject, seed: settings.seed }) : plain;
  tf.enableProdMode();
  const model = buildModel(imported, fit, settings, subject);
  const { path, bytes: _bytes, ...others } = settings;
  if (path !== undefined && sha256 !== undefined)
    noteWeightsFile(model, { kind: "onnx", path, sha256, options: omitUndefined(others) });
  return model;
}

function adapt(
  plain: Imported,
  { kind: _kind, ...given }: LoraAdapter,
  { subject, seed }: { readonly subject: string; readonly seed: number },
): Imported {
  const { rank, alpha, target } = lora(given);
  return addAdapters(plain, { subject, rank, alpha, target, stream: new RandomStream(seed, "adapters") });
}

/** What a file holds, and the SHA-256 of it and of those beside it; of bytes that somebody has read, none. */
function readSource(
  { path, bytes }: Settings,
  subject: string,
): { readonly source: OnnxSource; readonly sha256?: string } {
  if ((path === undefined) === (bytes === undefined)) throw new RangeRefusal("onnxModel: give path or bytes");
  if (path === undefined) return { source: readOnnx(bytes ?? new Uint8Array(0), { subject }) };
  const hash = new ContentHash();
  const read = (file: string) => {
    try {
      const contents = readFileSync(file);
      hash.add(contents);
      return contents;
    } catch (cause) {
      throw new RangeRefusal(`${file}: ${describeReason(cause)}`, { cause });
    }
  };
  const others = new Map<string, Uint8Array>();
  const readExternal = (location: string) => {
    const known = others.get(location) ?? read(join(dirname(path), location));
    others.set(location, known);
    return known;
  };
  const source = readOnnx(read(path), { subject, readExternal });
  return { source, sha256: hash.digest() };
}

/** How samples of the data become what the file takes. */
interface SampleFit {
  /** Of one sample as the data has it. */
  readonly inputShape: readonly number[];
  /** Of one sample as the file takes it. */
  readonly fileShape: readonly number[];
  readonly change: "none" | "channelsFirst" | "flatten";
}

/** Images whose channels the file wants first are turned; a file that takes rows gets flat samples. */
function fitSamples(source: OnnxSource, settings: Settings, subject: string): SampleFit {
  const names = new Set(source.initializers.map(({ name }) => name));
  const inputs = source.inputs.filter(({ name }) => !names.has(name));
  if (settings.inputs || inputs.length > 1) return fitRows(inputs, settings, subject);
  const wanted = inputs[0]?.shape?.slice(1);
  const lengths = wanted?.map((length) => (typeof length === "number" ? length : null));
  const { inputShape } = settings;
  const isLonger = inputShape !== undefined && lengths !== undefined && inputShape.length > lengths.length;
  // Tables of numbers have an axis of one channel in arrays of images.
  const given = isLonger ? (fitShape(inputShape, lengths) ?? inputShape) : inputShape;
  const fits = (shape: readonly number[]) =>
    wanted === undefined ||
    (wanted.length === shape.length && wanted.every((length, i) => typeof length !== "number" || length === shape[i]));
  if (!given) {
    const shape = (wanted ?? []).map((length) => {
      if (typeof length === "number") return length;
      throw new RangeRefusal(`${subject} leaves ${length} of its input open: give inputShape`);
    });
    const [channels = 0, height = 0, width = 0, ...others] = shape;
    const isTurned =
      others.length === 0 && shape.length === 3 && (settings.layout ?? (channels <= 4 ? "nchw" : "nhwc")) === "nchw";
    return {
      inputShape: isTurned ? [height, width, channels] : shape,
      fileShape: shape,
      change: isTurned ? "channelsFirst" : "none",
    };
  }
  const [height = 0, width = 0, channels = 0] = given;
  const turned = [channels, height, width];
  if (
    given.length === 3 &&
    settings.layout !== "nhwc" &&
    fits(turned) &&
    (settings.layout === "nchw" || !fits(given) || channels <= 4)
  ) {
    return { inputShape: given, fileShape: turned, change: "channelsFirst" };
  }
  if (fits(given)) return { inputShape: given, fileShape: given, change: "none" };
  const flat = [countElements(given)];
  if (fits(flat)) return { inputShape: given, fileShape: flat, change: "flatten" };
  throw new RangeRefusal(`${subject} takes samples [${wanted?.join(", ")}], got [${given.join(", ")}]`);
}

/** Rows of numbers, of which several inputs are parts. */
function fitRows(inputs: OnnxSource["inputs"], { inputs: chosen, inputShape }: Settings, subject: string): SampleFit {
  const { input } = findInputs(inputs, { subject, inputs: chosen, sampleShape: inputShape });
  const isFlat = inputShape === undefined || inputShape.length === 1;
  return { inputShape: inputShape ?? input.shape, fileShape: input.shape, change: isFlat ? "none" : "flatten" };
}

function buildModel(imported: Imported, fit: SampleFit, settings: Settings, subject: string): tf.LayersModel {
  const outputShape = inferOutputShape(imported.network, fit.fileShape, subject);
  const input = tf.input({ shape: [...fit.inputShape], name: "input" });
  const end = addNetwork(fitInput(input, fit), { imported, sampleShape: fit.fileShape, outputShape });
  const flat = outputShape.length === 1 ? end : callLayer(end, tf.layers.flatten({ name: "features" }));
  const head = addHead(flat, settings);
  const model = tf.model({ name: "onnx_model", inputs: [input, ...head.inputs], outputs: head.outputs });
  const initialize = settings.initialization === "pytorch" ? initializeLikePyTorch : initializeLikeKeras;
  initialize(model, new RandomStream(settings.seed, "init"));
  return model;
}

/** One layer; or two, where a part before the first trained weight can be computed once a sample. */
function addNetwork(
  x: tf.SymbolicTensor,
  {
    imported,
    sampleShape,
    outputShape,
  }: { readonly imported: Imported; readonly sampleShape: readonly number[]; readonly outputShape: readonly number[] },
): tf.SymbolicTensor {
  const createLayer = (name: string, { network, values }: Imported, shape: readonly number[]) =>
    new ImportedNetwork({ name, network: formatNetwork(network), outputShape: shape, values });
  const split = splitNetwork(imported, sampleShape);
  if (!split) return callLayer(x, createLayer("network", imported, outputShape));
  const below = callLayer(x, createLayer("frozen", split.frozen, split.shape));
  return callLayer(below, createLayer("network", split.trained, outputShape));
}

function fitInput(input: tf.SymbolicTensor, { change }: SampleFit): tf.SymbolicTensor {
  switch (change) {
    case "none":
      return input;
    case "channelsFirst":
      return callLayer(input, tf.layers.permute({ dims: [3, 1, 2], name: "channels_first" }));
    case "flatten":
      return callLayer(input, tf.layers.flatten({ name: "flatten" }));
  }
}

function addHead(
  features: tf.SymbolicTensor,
  { head, incremental, multiHead, initialUnits, numClasses }: Settings,
): { readonly outputs: tf.SymbolicTensor; readonly inputs: readonly tf.SymbolicTensor[] } {
  if (head === "keep") {
    if (incremental || multiHead) throw new RangeRefusal("onnxModel: a head that grows requires head=replace");
    return { outputs: features, inputs: [] };
  }
  if (incremental || multiHead) {
    const kind = multiHead ? "multi-head" : "incremental";
    return addGrowingHead(features, { kind, name: "classifier", initialUnits });
  }
  const classifier = tf.layers.dense({ name: "classifier", units: numClasses, kernelInitializer: "zeros" });
  return { outputs: callLayer(features, classifier), inputs: [] };
}
