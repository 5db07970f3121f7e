import { valueAt } from "../../core/element_at.ts";
import { RangeRefusal } from "../../core/errors/errors.ts";
import { inferGraphTypes } from "../export/infer_graph_types.ts";
import { LAYOUT_KEY, PREPROCESS_KEY, readNormalization } from "../export/input_form.ts";
import type { OnnxModel } from "../file/onnx_model.ts";
import { addFeatures, addProbabilities } from "./add_outputs.ts";
import { calibrate } from "./calibrate.ts";
import { cancelTransposes } from "./cancel_transposes.ts";
import type { ConversionOptions } from "./conversion_options.ts";
import { takeChannelsFirst, takeRawValues } from "./convert_input.ts";
import { convertOpset } from "./convert_opset.ts";
import { foldBatchNormalization } from "./fold_batch_normalization.ts";
import { foldConstants } from "./fold_constants.ts";
import { quantize } from "./quantize.ts";
import { toFloat16 } from "./to_float16.ts";

/**
 * The model in another form: see `convertExport`.
 * @throws {RefusalError} If it cannot have that form.
 */
export async function convertModel(model: OnnxModel, options: ConversionOptions): Promise<OnnxModel> {
  const { layout, preprocess, softmax, features, precision = "float32", samples = [] } = options;
  const folded = { ...model, graph: foldBatchNormalization(foldConstants(model.graph)) };
  const ranges = precision === "int8" ? await calibrate(folded, samples) : undefined;
  let graph = ranges ? quantize(folded.graph, ranges) : folded.graph;
  if (features !== undefined && features !== false) {
    const types = inferGraphTypes(graph, "the exported model");
    const shape = (name: string) => valueAt(types, name).shape;
    graph = addFeatures(graph, { ...(features === true ? {} : { value: features }), shape });
  }
  if (softmax) {
    assertScores(model);
    graph = addProbabilities(graph);
  }
  if (precision === "float16") graph = toFloat16(graph);
  const metadata: Record<string, string> = { ...model.metadata };
  if (layout === "nchw") {
    graph = takeChannelsFirst(graph);
    metadata[LAYOUT_KEY] = layout;
  }
  if (preprocess) {
    const normalization = readNormalization(model.metadata);
    if (!normalization) throw new RangeRefusal("preprocess needs a file whose metadata have firn.normalization");
    // Data in [0, 1] and data of tables come as they are; a factor stands for pixels.
    const dataType = normalization.scale === 1 ? "float32" : "uint8";
    graph = takeRawValues(graph, normalization, { dataType, channelsFirst: layout === "nchw" });
    metadata[PREPROCESS_KEY] = JSON.stringify(normalization);
    metadata["firn.normalization"] = JSON.stringify({ scale: 1, mean: [], std: [] });
  }
  if (precision !== "float32") metadata["firn.precision"] = precision;
  const converted = { ...model, metadata: sortKeys(metadata), graph: cancelTransposes(graph) };
  return convertOpset(converted, options.opset ?? model.opsetVersion);
}

/** @throws {RangeRefusal} If what the file predicts has no probabilities that sum to 1. */
function assertScores({ metadata }: OnnxModel): void {
  const targets = metadata["firn.targets"];
  if (targets === undefined) return;
  throw new RangeRefusal(`softmax needs a model that chooses one class, got one that predicts ${targets}`);
}

function sortKeys(metadata: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1)));
}
