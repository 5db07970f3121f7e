import { basename } from "node:path";
import { describeCause, describeUnknownName, needs, RangeRefusal, RefusalError } from "../core/errors/errors.ts";
import { omitUndefined } from "../core/options/omit_undefined.ts";
import { type ResolvedOptions, resolveOptions } from "../core/options/option_schema.ts";
import { RandomStream } from "../core/random_stream.ts";
import type { ModelTopology } from "../engine/model_topology.ts";
import { type Layer, listFirstOutputs, listLayers, listWeightOwners } from "../engine/tfjs/model_layers.ts";
import { loadModel } from "../engine/tfjs/model_loading.ts";
import * as tf from "../engine/tfjs/tensorflow.ts";
import { chooseTrainable } from "../onnx/import/cutting/choose_trainable.ts";
import { addGrowingHead, callLayer } from "./growth/growing_classifier.ts";
import { fillInputShape } from "./layers_file/fill_input_shape.ts";
import { readKerasArchive } from "./layers_file/keras/keras_archive.ts";
import { readKerasH5 } from "./layers_file/keras/keras_h5.ts";
import { loadWeights } from "./layers_file/load_weights.ts";
import { type LayersFile, readLayersFile } from "./layers_file/read_layers_file.ts";
import { drawLikeKeras, drawLikePyTorch } from "./model_initialization.ts";
import { TFJS_MODEL_OPTIONS, type TfjsModelOptions } from "./options.ts";
import { noteWeightsFile } from "./weights_origin.ts";

type Settings = ResolvedOptions<typeof TFJS_MODEL_OPTIONS>;

/** Layers behind a classifier that have no weights, and are left out together with it. */
const BEHIND_CLASSIFIER = new Set(["Activation", "Softmax", "Reshape", "Flatten", "Dropout"]);

/** Layers that a new classifier may take the place of. */
const CLASSIFIERS = new Set(["Dense", "Conv2D"]);

/**
 * A network from a file of Keras's (.keras or .h5), or a folder of TF.js (model.json and shards of weights), as
 * `model.save` or tensorflowjs_converter writes it, to be trained on: as it is, or with a new classifier. Layers keep
 * their names and, unless `trainable` says otherwise, what is frozen in the file stays frozen. Logits are [N, C]. The
 * caller owns the model.
 * @throws {RefusalError} If a file is missing, cut off, of another format or quantised, TF.js does not know a layer, or
 *   `trainable` or `features` name none.
 * @example const model = await tfjsModel({ path: "mobilenet/model.json", numClasses: 5, trainable: ["last:4"] });
 */
export async function tfjsModel(options: TfjsModelOptions): Promise<tf.LayersModel> {
  const settings = resolveOptions("tfjsModel", options, TFJS_MODEL_OPTIONS);
  const { path, head, incremental, multiHead } = settings;
  if (incremental && multiHead) throw new RangeRefusal("tfjsModel: incremental and multiHead exclude each other");
  if (head === "keep" && (incremental || multiHead)) {
    throw new RangeRefusal("tfjsModel: a head that grows requires head=replace");
  }
  const file = basename(path);
  tf.enableProdMode();
  const { sha256, ...layers } = chooseReader(path)(path, file);
  const model = await buildModel(layers, settings, file);
  const whole = head === "keep" ? { model, classifier: undefined } : replaceHead(model, settings, file);
  if (settings.trainable) freezeOthers(whole, settings.trainable, file);
  const { path: _path, ...others } = settings;
  noteWeightsFile(whole.model, { kind: "tfjs", path, sha256, options: omitUndefined(others) });
  return whole.model;
}

function chooseReader(path: string): (path: string, file: string) => LayersFile {
  if (path.endsWith(".keras")) return readKerasArchive;
  return /\.(h5|hdf5)$/.test(path) ? readKerasH5 : readLayersFile;
}

/** A model, and the layer of its new classifier where it has one. */
interface Headed {
  readonly model: tf.LayersModel;
  readonly classifier: Layer | undefined;
}

async function buildModel({ topology, weights }: Omit<LayersFile, "sha256">, { inputShape }: Settings, file: string) {
  const model = await loadLayers(inputShape ? fillInputShape(topology, inputShape) : topology, file);
  try {
    loadWeights(model, weights, file);
    return model;
  } catch (cause) {
    model.dispose();
    throw cause;
  }
}

async function loadLayers(topology: ModelTopology, file: string): Promise<tf.LayersModel> {
  try {
    return await loadModel(topology);
  } catch (cause) {
    if (cause instanceof RefusalError) throw new RangeRefusal(`${file}: ${cause.message}`, { cause });
    throw new RangeRefusal(`${file}: TF.js cannot make a model of it: ${describeCause(cause)}`, { cause });
  }
}

function replaceHead(model: tf.LayersModel, settings: Settings, file: string): Headed {
  const features =
    settings.features === undefined ? findFeatures(model, file) : takeLayer(model, settings.features, file);
  const names = new Set(listLayers(model).map(({ name }) => name));
  const name = names.has("classifier") ? "new_classifier" : "classifier";
  const rank = features.shape.length;
  const flat = rank === 2 ? features : callLayer(features, tf.layers.flatten({ name: `${name}_features` }));
  const { incremental, multiHead, initialUnits, numClasses } = settings;
  const kind = multiHead ? "multi-head" : "incremental";
  const head =
    incremental || multiHead
      ? addGrowingHead(flat, { kind, name, initialUnits })
      : { outputs: callLayer(flat, tf.layers.dense({ name, units: numClasses })), inputs: [] };
  const draw = settings.initialization === "pytorch" ? drawLikePyTorch : drawLikeKeras;
  const classifier = head.outputs.sourceLayer;
  draw(classifier, new RandomStream(settings.seed, "init"));
  const inputs = [...model.inputs, ...head.inputs];
  return { model: tf.model({ name: model.name, inputs, outputs: head.outputs }), classifier };
}

/** What the model's classifier takes. */
function findFeatures(model: tf.LayersModel, file: string): tf.SymbolicTensor {
  let layer: Layer | undefined = model.outputs[0]?.sourceLayer;
  while (layer && BEHIND_CLASSIFIER.has(layer.getClassName())) layer = takeInput(layer)?.sourceLayer;
  const input = layer && CLASSIFIERS.has(layer.getClassName()) ? takeInput(layer) : undefined;
  if (input && model.outputs.length === 1) return input;
  const wanted = "one output, of a Dense layer or a 1×1 convolution (or features=LAYER, or head=keep)";
  throw new RangeRefusal(needs(file, wanted, layer?.getClassName()));
}

/** The one input of a layer that is called once. */
function takeInput(layer: Layer): tf.SymbolicTensor | undefined {
  const [input, ...others] = layer.inboundNodes[0]?.inputTensors ?? [];
  return others.length === 0 ? input : undefined;
}

function takeLayer(model: tf.LayersModel, name: string, file: string): tf.SymbolicTensor {
  const layer = model.layers.find((candidate) => candidate.name === name);
  const [output] = layer ? listFirstOutputs(layer) : [];
  if (output) return output;
  const names = model.layers.map((candidate) => candidate.name);
  throw new RangeRefusal(`${file}: features: ${describeUnknownName("layer", name, names)}`);
}

/** The new classifier is trained in any case. */
function freezeOthers({ model, classifier }: Headed, choices: readonly string[], file: string): void {
  const layers = listWeightOwners(model).filter((layer) => layer.weights.length > 0 && layer !== classifier);
  const uses = layers.map(({ name }, node) => ({ name, node }));
  const chosen = chooseTrainable(uses, choices, file);
  for (const [i, layer] of layers.entries()) layer.trainable = chosen[i] ?? false;
}
