/** Options of the built-in models. Loads no TF.js. */

import { COMPATIBILITIES } from "../core/options/compatibility.ts";
import { type OptionSchema, type OptionsOf, optional, withDefault } from "../core/options/option_schema.ts";
import { flag, listOf, number, objectLike, oneOf, required, text, wholeNumber } from "../core/options/value_rules.ts";
import type { LoraAdapter } from "./lora.ts";

const seed = withDefault(wholeNumber(), 0, "seeds the weights; the same seed gives the same model");
const inputShape = (shape: readonly number[], help: string) => withDefault(listOf(wholeNumber(1), 1), shape, help);
const hiddenSize = (units: number) => withDefault(wholeNumber(1), units, "units of each hidden layer");
const hiddenLayers = (count: number) => withDefault(wholeNumber(), count, "hidden layers; 0 gives a linear classifier");
const dropRate = (rate: number) =>
  withDefault(number({ atLeast: 0, below: 1 }), rate, "probability that a hidden unit is dropped in training");

const standardize = withDefault(
  flag(),
  false,
  "takes samples as they were measured: subtracts each feature's running mean, and divides by its running deviation",
);

/** The classifier that models end with, and how weights begin. */
const HEAD = {
  numClasses: withDefault(wholeNumber(1), 10, "number C of logits; a growing head does without"),
  seed,
  initialization: withDefault(oneOf(["pytorch", "keras"]), "pytorch", "default distribution of the weights"),
  incremental: withDefault(flag(), false, "a head that grows with the classes"),
  multiHead: withDefault(flag(), false, "a growing head per task label, with a second input task_labels"),
  initialUnits: withDefault(wholeNumber(1), 2, "units of a growing head before the first experience"),
} satisfies OptionSchema;

/** What `simpleMLP` is built from. */
export const SIMPLE_MLP_OPTIONS = {
  hiddenSize: hiddenSize(512),
  hiddenLayers: hiddenLayers(1),
  dropRate: dropRate(0.5),
  activation: withDefault(oneOf(["relu", "tanh"]), "relu", "activation of the hidden layers"),
  inputShape: inputShape([28, 28, 1], "shape of one sample; flattened"),
  standardize,
  ...HEAD,
} satisfies OptionSchema;

const { dropRate: _dropRate, ...MLP_HEAD } = SIMPLE_MLP_OPTIONS;

/** What `mlp` is built from: the options of `simpleMLP`, with `dropout` for `dropRate`. */
export const MLP_OPTIONS = {
  ...MLP_HEAD,
  hiddenLayers: hiddenLayers(2),
  hiddenSize: hiddenSize(256),
  dropout: dropRate(0),
} satisfies OptionSchema;

/** What models of images are built from. */
export const IMAGE_MODEL_OPTIONS = {
  inputShape: inputShape([32, 32, 3], "height, width and channels of one sample"),
  standardize,
  ...HEAD,
} satisfies OptionSchema;

/** What `simpleCNN` is built from. */
export const SIMPLE_CNN_OPTIONS = { ...IMAGE_MODEL_OPTIONS, dropRate: dropRate(0.25) } satisfies OptionSchema;

/** What `onnxModel` is built from. */
export const ONNX_MODEL_OPTIONS = {
  path: optional(text(), "the ONNX file"),
  bytes: optional(objectLike<Uint8Array>("a Uint8Array", "buffer"), "the ONNX file's bytes, in place of path"),
  trainable: optional(
    listOf(text(), 1),
    "weights that are trained: all, none, last:COUNT (of the operators that have weights) or patterns of names (layer4.*). Default: all; with an adapter none",
  ),
  adapter: optional(
    objectLike<LoraAdapter>("what lora({ … }) gives", "kind", "rank", "alpha", "target"),
    "low-rank adapters that are trained beside weights that are not",
  ),
  head: withDefault(
    oneOf(["replace", "keep"]),
    "replace",
    "a new classifier in place of the file's last product, or the file's own",
  ),
  features: optional(text(), "the value that a new classifier follows, by its name in the file"),
  inputs: optional(
    listOf(text(1), 1),
    "the inputs of a file that has several, in the order in which a row of numbers holds them; NAME=0 for one that is 0 throughout",
  ),
  inputShape: optional(listOf(wholeNumber(1), 1), "shape of one sample as the data has it. Default: the file's"),
  layout: optional(
    oneOf(["nchw", "nhwc"]),
    "where the file's images have their channels. Default: first where only that fits the data",
  ),
  ...HEAD,
} satisfies OptionSchema;

/** What `tfjsModel` is built from. */
export const TFJS_MODEL_OPTIONS = {
  path: required(text(1), "a .keras or .h5 file, a folder of TF.js, or the model.json in it"),
  trainable: optional(
    listOf(text(), 1),
    "layers that are trained: all, none, last:COUNT (of the layers that have weights) or patterns of names (block_4*). Default: those that the file does not freeze",
  ),
  head: withDefault(
    oneOf(["replace", "keep"]),
    "replace",
    "a new classifier in place of the file's last layer, or the file's own",
  ),
  features: optional(text(), "the layer that a new classifier follows, by its name in the file"),
  inputShape: optional(listOf(wholeNumber(1), 1), "shape of one sample, where the file leaves lengths open"),
  ...HEAD,
} satisfies OptionSchema;

/** What `pnn` is built from. */
export const PNN_OPTIONS = {
  inputShape: inputShape([28, 28, 1], "shape of one sample; flattened"),
  hiddenLayers: withDefault(wholeNumber(1), 1, "hidden layers of each column"),
  hiddenSize: hiddenSize(100),
  adapter: withDefault(
    oneOf(["linear", "mlp"]),
    "mlp",
    "what joins a column to those before it: a matrix, or a hidden layer",
  ),
  compatibility: withDefault(
    oneOf(COMPATIBILITIES),
    "paper",
    "avalanche: hidden layers alone are joined, the first to the input, once more for each earlier column",
  ),
  initialUnits: HEAD.initialUnits,
  seed,
} satisfies OptionSchema;

/** What `simpleMLP` is built from; every option has a default. */
export type SimpleMLPOptions = OptionsOf<typeof SIMPLE_MLP_OPTIONS>;

/** What `mlp` is built from; every option has a default. */
export type MLPOptions = OptionsOf<typeof MLP_OPTIONS>;

/** What models of images are built from; every option has a default. */
export type ImageModelOptions = OptionsOf<typeof IMAGE_MODEL_OPTIONS>;

/** What `simpleCNN` is built from; every option has a default. */
export type SimpleCNNOptions = OptionsOf<typeof SIMPLE_CNN_OPTIONS>;

/** What `pnn` is built from; every option has a default. */
export type PNNOptions = OptionsOf<typeof PNN_OPTIONS>;

/** What `onnxModel` is built from; `path` or `bytes` must be given. */
export type OnnxModelOptions = OptionsOf<typeof ONNX_MODEL_OPTIONS>;

/** What `tfjsModel` is built from; `path` must be given. */
export type TfjsModelOptions = OptionsOf<typeof TFJS_MODEL_OPTIONS>;
