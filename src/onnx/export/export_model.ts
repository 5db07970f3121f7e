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
import { cancelTransposes } from "../conversion/cancel_transposes.ts";
import { takeChannelsFirst, takeRawValues } from "../conversion/convert_input.ts";
import { foldConstants } from "../conversion/fold_constants.ts";
import { nameValues } from "../conversion/name_values.ts";
import { shareNodes } from "../conversion/share_nodes.ts";
import { OUTPUTS_NAME } from "../engine_graphs.ts";
import { type EncodedFiles, encodeFiles, type FileDivision } from "../file/encode_files.ts";
import { toOnnxGraph } from "../file/encode_graph.ts";
import { createOnnxModel, type OnnxGraph, type OnnxModel } from "../file/onnx_model.ts";
import type { ValueName } from "../graph.ts";
import type { GraphBuilder } from "../graph_builder.ts";
import { convertInput, isTaskLabels, SAMPLES_NAME, TASK_LABELS_NAME } from "../layers/input.ts";
import { describeShape } from "../shape.ts";
import { buildExportedNetwork, type ExportedNetwork } from "./exported_network.ts";
import type { Preprocessing } from "./input_form.ts";
import { mergeAdapters } from "./merge_adapters.ts";
import { describeOriginal } from "./original/original_model.ts";

/** What an exported file is made from. */
export interface ExportOptions extends ExportedNetwork {
  /**
   * Free text by key: `firn.experience`, `firn.classes_seen` … The key `firn.version` is the producer's version too.
   */
  readonly metadata: Readonly<Record<string, string>>;
  /** Axes of the images that the file takes: "nhwc", the data's own (the default), or "nchw", channels first. */
  readonly layout?: "nhwc" | "nchw";
  /**
   * Whether low-rank adapters stay nodes of the file, in place of being added to the weights. Default: false. They stay
   * in any case where parameters differ from task to task, or a head asks for others.
   */
  readonly keepAdapters?: boolean;
  /**
   * True gives a network from an ONNX file back as it came: its own inputs, output and operator set, and its nodes in
   * their order and with their names. It excludes `layout` and `preprocess`. Default: false.
   */
  readonly original?: boolean;
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
  keepAdapters: flag(),
  original: flag(),
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

/**
 * The file that `exportModelFiles` would write, not encoded. Its tensors may share memory with the vectors given.
 * @param act What the caller is called, in refusals.
 * @throws {RangeError} As `exportModel`.
 */
export function describeModel(act: string, options: ExportOptions): OnnxModel {
  const { preprocess } = options;
  if (preprocess !== undefined) assertOptions(`${act}: preprocess`, preprocess, PREPROCESSING_RULES);
  const { spec, metadata } = options;
  assertVectors(options);
  const isEnsemble = (options.heads ?? []).some(({ kind }) => kind === "ensemble");
  const isMerged = !options.keepAdapters && options.taskParameters === undefined && !isEnsemble;
  const network = isMerged ? mergeAdapters(options) : options;
  if (options.original) {
    const [other] = (["layout", "preprocess"] as const).filter((name) => options[name] !== undefined);
    if (other) throw new RangeRefusal(`${act}: original=true excludes ${other}: the file takes what it took`);
    return describeOriginal(network, metadata);
  }
  const { graph, logits, names } = buildExportedNetwork(network, (builder) => addInputs(options, builder));
  graph.output(OUTPUTS_NAME, logits, { kind: "outputs" });
  // A head on features leaves the network's task labels unused; the input stays, so that callers need not change.
  const written = toOnnxGraph({ ...graph.finish(), inputs: graph.inputs });
  const folded = foldConstants(nameValues(written, names));
  const exported = takeForm(isEnsemble ? shareNodes(folded) : folded, options);
  return createOnnxModel(exported, {
    producerVersion: metadata["firn.version"] ?? "",
    docString: `${spec.name}: ${describeInputs(exported)} to ${OUTPUTS_NAME} ${describeShape(graph.shapeOf(logits))}`,
    // Sorted, so that the bytes do not depend on the order in which the caller named things.
    metadata: Object.fromEntries(Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1))),
  });
}

/** The graph that takes samples as the options say. */
function takeForm(graph: OnnxGraph, { layout, preprocess }: ExportOptions): OnnxGraph {
  const channelsFirst = layout === "nchw";
  const turned = channelsFirst ? takeChannelsFirst(graph) : graph;
  const raw = preprocess ? takeRawValues(turned, preprocess, { dataType: "float32", channelsFirst }) : turned;
  return raw === graph ? graph : cancelTransposes(raw);
}

/** The file's inputs, by the names of the network's input layers. */
function addInputs(options: ExportOptions, graph: GraphBuilder): ReadonlyMap<string, ValueName> {
  const inputs = options.spec.layers.filter((layer) => layer.kind === "input");
  const [, second] = inputs.filter((layer) => !isTaskLabels(layer));
  if (second) throw new RangeRefusal(needs(`the export of "${options.spec.name}"`, "one input", second.name));
  return new Map(inputs.map((layer) => [layer.name, convertInput(layer, graph)]));
}

/** "input [N, 784] and task_labels [N]" */
function describeInputs({ inputs }: OnnxGraph): string {
  const shapes = new Map(inputs.map(({ name, shape }) => [name, shape]));
  const names = [SAMPLES_NAME, TASK_LABELS_NAME].flatMap((name) => {
    const shape = shapes.get(name);
    return shape ? [`${name} ${describeShape(shape)}`] : [];
  });
  return names.join(" and ");
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
