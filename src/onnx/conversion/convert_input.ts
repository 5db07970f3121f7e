import { needs, RangeRefusal } from "../../core/errors/errors.ts";
import type { Preprocessing } from "../export/input_form.ts";
import { int, ints, type OnnxGraph, type OnnxNode, type ValueInfo } from "../file/onnx_model.ts";
import { DATA_TYPE_NUMBERS } from "../file/onnx_numbers.ts";
import { SAMPLES_NAME } from "../layers/input.ts";
import { createFloats, createNamer, renameInputs } from "./edit_graph.ts";

/** From [N, C, H, W] to [N, H, W, C]. */
const CHANNELS_LAST = [0, 2, 3, 1];

/**
 * The graph that takes images with channels first, [N, C, H, W], where it took [N, H, W, C].
 * @throws {RangeRefusal} If its samples are no images.
 */
export function takeChannelsFirst(graph: OnnxGraph): OnnxGraph {
  const input = findSamples(graph);
  const [rows, height, width, channels] = input.shape;
  if (input.shape.length !== 4 || !rows || !height || !width || !channels) {
    throw new RangeRefusal(needs("layout nchw", "samples [height, width, channels]", input.shape.slice(1)));
  }
  return putBehindInput(graph, { ...input, shape: [rows, channels, height, width] }, (name, output) => [
    createNode("Transpose", [name], output, { perm: ints(CHANNELS_LAST) }),
  ]);
}

/** What raw values are. */
export interface RawForm {
  /** "uint8" for pixels. */
  readonly dataType: "float32" | "uint8";
  /** Where the channels of a normalisation are counted. */
  readonly channelsFirst: boolean;
}

/**
 * The graph that takes raw values in place of normalised ones, and normalises them itself.
 * @throws {RangeRefusal} If the normalisation has neither one value nor one for each channel.
 */
export function takeRawValues(graph: OnnxGraph, normalization: Preprocessing, form: RawForm): OnnxGraph {
  const input = findSamples(graph);
  const { scale, mean, std } = normalization;
  const { dataType, channelsFirst } = form;
  const channels = Math.max(mean.length, std.length, 1);
  const own = input.shape.at(channelsFirst ? 1 : -1);
  const fits = (values: readonly number[]) => [0, 1, channels].includes(values.length);
  if (!fits(mean) || !fits(std) || (channels > 1 && channels !== own)) {
    throw new RangeRefusal(needs("the exported normalization", `a mean and std of 1 or ${own} channels`, mean));
  }
  const at = (values: readonly number[], c: number, fallback: number) =>
    (values.length === 1 ? values[0] : values[c]) ?? fallback;
  const pickName = createNamer(graph);
  const shape = channelsFirst ? [channels, ...input.shape.slice(2).map(() => 1)] : [channels];
  const constant = (name: string, value: (c: number) => number) =>
    createFloats(
      pickName(name),
      shape,
      Float32Array.from({ length: channels }, (_, c) => value(c)),
    );
  const factor = constant("preprocess/factor", (c) => scale / at(std, c, 1));
  const offset = constant("preprocess/offset", (c) => -at(mean, c, 0) / at(std, c, 1));
  const [cast, scaled] = [pickName("preprocess/float"), pickName("preprocess/scaled")];
  const withConstants = { ...graph, initializers: [factor, offset, ...graph.initializers] };
  return putBehindInput(withConstants, { ...input, dataType }, (name, output) => [
    ...(dataType === "float32" ? [] : [createNode("Cast", [name], cast, { to: int(DATA_TYPE_NUMBERS.float32) })]),
    createNode("Mul", [dataType === "float32" ? name : cast, factor.name], scaled),
    createNode("Add", [scaled, offset.name], output),
  ]);
}

/** Changes what the graph takes; `nodes` make of it, under the name `output`, what its nodes took before. */
function putBehindInput(
  graph: OnnxGraph,
  input: ValueInfo,
  nodes: (name: string, output: string) => readonly OnnxNode[],
): OnnxGraph {
  const { name } = input;
  const output = createNamer(graph)(`${name}/converted`);
  const behind = renameInputs(graph, new Map([[name, output]]));
  return {
    ...behind,
    inputs: graph.inputs.map((known) => (known.name === name ? input : known)),
    nodes: [...nodes(name, output), ...behind.nodes],
  };
}

/** The samples: the input "input", or the first of a file that has other names. */
export function findSamples({ inputs }: OnnxGraph): ValueInfo {
  const input = inputs.find(({ name }) => name === SAMPLES_NAME) ?? inputs[0];
  if (input) return input;
  throw new RangeRefusal("the ONNX file has no input");
}

function createNode(
  op: string,
  inputs: readonly string[],
  output: string,
  attributes: OnnxNode["attributes"] = {},
): OnnxNode {
  return { op, name: output, inputs, outputs: [output], attributes };
}
