import { needs, RangeRefusal } from "../../core/errors/errors.ts";
import { assertOptions, type OptionRules } from "../../core/options/assert_options.ts";
import {
  anything,
  flag,
  listOf,
  number,
  objectLike,
  oneOf,
  recordOf,
  required,
  text,
  wholeNumber,
} from "../../core/options/value_rules.ts";
import { foldConstants } from "../conversion/fold_constants.ts";
import { nameValues } from "../conversion/name_values.ts";
import { OUTPUTS_NAME } from "../engine_graphs.ts";
import { type EncodedFiles, encodeFiles, type FileDivision } from "../file/encode_files.ts";
import { toOnnxGraph } from "../file/encode_graph.ts";
import { createOnnxModel, ints, type OnnxModel } from "../file/onnx_model.ts";
import type { ValueName } from "../graph.ts";
import type { GraphBuilder } from "../graph_builder.ts";
import { convertInput, type InputSpec, isTaskLabels, SAMPLES_NAME, TASK_LABELS_NAME } from "../layers/input.ts";
import { describeShape } from "../shape.ts";
import { buildExportedNetwork, type ExportedNetwork } from "./exported_network.ts";

/** How raw values become a model's inputs: (x · scale − mean[c]) / std[c], c the last axis; one value serves all. */
export interface Preprocessing {
  readonly scale: number;
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** What an exported file is made from. */
export interface ExportOptions extends ExportedNetwork {
  /**
   * Free text by key: `firn.experience`, `firn.classes_seen` … The key `firn.version` is the producer's version too.
   */
  readonly metadata: Readonly<Record<string, string>>;
  /** Axes of the images that the file takes: "nhwc", the data's own (the default), or "nchw", channels first. */
  readonly layout?: "nhwc" | "nchw";
  /** When given, the file takes raw values and normalises them itself. */
  readonly preprocess?: Preprocessing;
}

const PREPROCESSING_RULES: OptionRules<Preprocessing> = {
  scale: required(number()),
  mean: required(listOf(number())),
  std: required(listOf(number())),
};

const EXPORT_RULES: OptionRules<ExportOptions> = {
  spec: required(objectLike("a model's spec", "layers", "layout")),
  parameters: required(objectLike("a Float32Array", "buffer")),
  state: required(objectLike("a Float32Array", "buffer")),
  heads: listOf(objectLike("a prediction head", "kind")),
  classes: wholeNumber(1),
  taskParameters: objectLike("{ owners, lastOwners, lastOwner }", "owners", "lastOwners", "lastOwner"),
  takesTaskLabels: flag(),
  metadata: required(recordOf(text())),
  layout: oneOf(["nhwc", "nchw"]),
  preprocess: anything(),
};

/** What an exported model is made from that may need two files. */
export interface DividedExportOptions extends ExportOptions, FileDivision {}

const DIVIDED_EXPORT_RULES: OptionRules<DividedExportOptions> = {
  ...EXPORT_RULES,
  dataLocation: text(),
  maxFileBytes: wholeNumber(1),
};

/**
 * A trained model as an ONNX file: input `input` [N, …sampleShape] and, where the model takes them, `task_labels` [N]
 * of int64; output `logits` [N, C], the network's or its heads'; the parameters inside, no dropout. The same model
 * gives the same bytes. The caller owns the result.
 * @throws {RangeError} If the vectors, the heads, the layout or the preprocessing do not fit the model, or the file
 * would have more than 2 GiB: `exportModelFiles` writes larger ones.
 */
export function exportModel(options: ExportOptions): Uint8Array<ArrayBuffer> {
  assertOptions("exportModel", options, EXPORT_RULES);
  return encodeFiles(describeModel("exportModel", options)).bytes;
}

/**
 * The same for models of any size: where one file would have more than 2 GiB, the tensors stand in another beside it,
 * which is called `dataLocation`. onnxruntime finds it by that name. The caller owns the result.
 * @example
 * const { bytes, data } = exportModelFiles({ ...options, dataLocation: "model.onnx.data" });
 * await writeFile("model.onnx", bytes);
 * if (data) await writeFile("model.onnx.data", data);
 * @throws {RangeError} If the vectors, the heads, the layout or the preprocessing do not fit the model.
 */
export function exportModelFiles(options: DividedExportOptions): EncodedFiles {
  assertOptions("exportModelFiles", options, DIVIDED_EXPORT_RULES);
  return encodeFiles(describeModel("exportModelFiles", options), options);
}

function describeModel(act: string, options: ExportOptions): OnnxModel {
  const { preprocess } = options;
  if (preprocess !== undefined) assertOptions(`${act}: preprocess`, preprocess, PREPROCESSING_RULES);
  const { spec, metadata } = options;
  assertVectors(options);
  const { graph, logits, names } = buildExportedNetwork(options, (builder) => addInputs(options, builder));
  graph.output(OUTPUTS_NAME, logits, { kind: "outputs" });
  // A head on features leaves the network's task labels unused; the input stays, so that callers need not change.
  const { inputs } = graph;
  const written = toOnnxGraph({ ...graph.finish(), inputs });
  return createOnnxModel(foldConstants(nameValues(written, names)), {
    producerVersion: metadata["firn.version"] ?? "",
    docString: `${spec.name}: ${describeInputs(graph)} to ${OUTPUTS_NAME} ${describeShape(graph.shapeOf(logits))}`,
    // Sorted, so that the bytes do not depend on the order in which the caller named things.
    metadata: Object.fromEntries(Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1))),
  });
}

/** The file's inputs and what stands between them and the network, by the names of its input layers. */
function addInputs(options: ExportOptions, graph: GraphBuilder): ReadonlyMap<string, ValueName> {
  const inputs = options.spec.layers.filter((layer) => layer.kind === "input");
  return new Map(
    inputs.map((layer) => [
      layer.name,
      isTaskLabels(layer) ? convertInput(layer, graph) : addInput(layer, options, graph),
    ]),
  );
}

/** "input [N, 784] and task_labels [N]" */
function describeInputs(graph: GraphBuilder): string {
  const names = [SAMPLES_NAME, TASK_LABELS_NAME].filter((name) => graph.hasInput(name));
  return names.map((name) => `${name} ${describeShape(graph.shapeOf(name))}`).join(" and ");
}

function assertVectors({ spec, parameters, state }: ExportOptions): void {
  if (parameters.length !== spec.layout.size) {
    throw new RangeRefusal(needs(`the export of "${spec.name}"`, `${spec.layout.size} parameters`, parameters.length));
  }
  if (state.length !== spec.stateLayout.size) {
    throw new RangeRefusal(
      needs(`the export of "${spec.name}"`, `${spec.stateLayout.size} values of state`, state.length),
    );
  }
}

/** The file's input and what stands between it and the model's own. */
function addInput(layer: InputSpec, options: ExportOptions, graph: GraphBuilder): ValueName {
  if (graph.hasInput(SAMPLES_NAME))
    throw new RangeRefusal(needs(`the export of "${options.spec.name}"`, "one input", layer.name));
  const isTransposed = options.layout === "nchw";
  const sampleShape = isTransposed ? putChannelsFirst(layer) : layer.sampleShape;
  const type = { shape: ["N", ...sampleShape], dataType: "float32" } as const;
  const input = graph.input(SAMPLES_NAME, type, { kind: "samples" });
  const x = isTransposed ? graph.node("Transpose", [input], { perm: ints([0, 2, 3, 1]) }) : input;
  return options.preprocess ? addPreprocessing(options.preprocess, x, graph) : x;
}

function putChannelsFirst({ sampleShape }: InputSpec): number[] {
  const [height, width, channels, ...rest] = sampleShape;
  if (height === undefined || width === undefined || channels === undefined || rest.length > 0) {
    throw new RangeRefusal(needs("layout nchw", "samples [height, width, channels]", sampleShape));
  }
  return [channels, height, width];
}

/** (x · scale − mean) / std as one multiplication and one addition: x · (scale/std) + (−mean/std). */
function addPreprocessing({ scale, mean, std }: Preprocessing, x: ValueName, graph: GraphBuilder): ValueName {
  const channels = Math.max(mean.length, std.length, 1);
  const last = graph.shapeOf(x).at(-1);
  const fits = (values: readonly number[]) => [0, 1, channels].includes(values.length);
  if (!fits(mean) || !fits(std) || (channels > 1 && channels !== last)) {
    throw new RangeRefusal(needs("the exported normalization", `a mean and std of 1 or ${last} channels`, mean));
  }
  const at = (values: readonly number[], c: number, fallback: number) =>
    (values.length === 1 ? values[0] : values[c]) ?? fallback;
  const factors = Array.from({ length: channels }, (_, c) => scale / at(std, c, 1));
  const offsets = Array.from({ length: channels }, (_, c) => -at(mean, c, 0) / at(std, c, 1));
  return graph.node("Add", [graph.node("Mul", [x, graph.constant(factors)]), graph.constant(offsets)]);
}
