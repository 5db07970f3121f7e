import { needs, RangeRefusal } from "../../../core/errors/errors.ts";
import type { Shape } from "../../file/onnx_model.ts";
import type { LayerJson } from "../../topology/topology_schema.ts";
import { readActivation } from "../activation.ts";
import type { LayerCall } from "../layer_call.ts";
import { type ClassFamily, type LayerFamily, never, type ParameterSpec } from "../layer_definition.ts";
import { passMask } from "../masking.ts";
import { assertUnrestricted, readFlag, readInnerLayer, readInteger, UnsupportedLayerError } from "../read_setting.ts";
import { convertBidirectional, convertRecurrent } from "./convert_recurrent.ts";
import { type BidirectionalSpec, countGates, type RecurrentCell, type RecurrentSpec } from "./recurrent_spec.ts";

/** Any recurrent layer. */
export type RecurrentLayerSpec = RecurrentSpec | BidirectionalSpec;

/** Recurrent layers. */
export const recurrentLayers = {
  recurrent: {
    parameters: (layer, [input = []]) => describeCell(layer, input),
    convert: convertRecurrent,
    dependsOnMode: never,
    mask: (layer, inputs, conversion) => (layer.returnsSequences ? passMask(layer, inputs, conversion) : undefined),
  },
  bidirectional: {
    parameters: ({ forward, backward }, [input = []]) =>
      [forward, backward].flatMap((cell) => describeCell(cell, input)),
    convert: convertBidirectional,
    dependsOnMode: never,
    mask: (layer, inputs, conversion) =>
      layer.forward.returnsSequences ? passMask(layer, inputs, conversion) : undefined,
  },
} satisfies LayerFamily<RecurrentLayerSpec>;

/** Their classes in TF.js. */
export const recurrentClasses = {
  SimpleRNN: (layer, call) => ({ ...call, kind: "recurrent", ...parseCell(layer, "simple") }),
  GRU: (layer, call) => ({ ...call, kind: "recurrent", ...parseCell(layer, "gru") }),
  LSTM: (layer, call) => ({ ...call, kind: "recurrent", ...parseCell(layer, "lstm") }),
  Bidirectional: parseBidirectional,
} satisfies ClassFamily<RecurrentLayerSpec>;

const CELLS: ReadonlyMap<string, RecurrentCell["cell"]> = new Map([
  ["SimpleRNN", "simple"],
  ["GRU", "gru"],
  ["LSTM", "lstm"],
]);

const MERGES: ReadonlyMap<unknown, BidirectionalSpec["merge"]> = new Map([
  ["concat", "concat"],
  ["sum", "sum"],
  ["ave", "average"],
  ["mul", "multiply"],
]);

function parseBidirectional(layer: LayerJson, call: LayerCall): BidirectionalSpec {
  const inner = readInnerLayer(layer, "layer");
  const cell = CELLS.get(inner.class_name);
  const merge = MERGES.get(layer.config.merge_mode);
  if (!cell) throw new UnsupportedLayerError(layer, `it wraps a layer of class ${inner.class_name}`);
  if (!merge) throw new UnsupportedLayerError(layer, "it does not merge its directions");
  const parsed = parseCell(inner, cell);
  const directed = (direction: string) => ({ ...parsed, layer: `${layer.config.name}/${direction}_${parsed.layer}` });
  const backward = { ...directed("backward"), goesBackwards: !parsed.goesBackwards };
  return { ...call, kind: "bidirectional", forward: directed("forward"), backward, merge };
}

function parseCell(layer: LayerJson, cell: RecurrentCell["cell"]): RecurrentCell {
  assertPlain(layer);
  return {
    cell,
    layer: layer.config.name,
    units: readInteger(layer, "units", { minimum: 1 }),
    useBias: readFlag(layer, "use_bias", true),
    activation: readActivation(layer, { fallback: "tanh" }),
    recurrentActivation: readActivation(layer, { key: "recurrent_activation", fallback: "hardSigmoid" }),
    resetsAfter: cell === "gru" && readFlag(layer, "reset_after", false),
    returnsSequences: readFlag(layer, "return_sequences", false),
    goesBackwards: readFlag(layer, "go_backwards", false),
  };
}

function assertPlain(layer: LayerJson): void {
  assertUnrestricted(layer);
  const { stateful, return_state, dropout, recurrent_dropout } = layer.config;
  if (stateful) throw new UnsupportedLayerError(layer, "it keeps its state from batch to batch", { byTfjs: false });
  if (dropout || recurrent_dropout) throw new UnsupportedLayerError(layer, "it drops units itself", { byTfjs: false });
  if (return_state) throw new UnsupportedLayerError(layer, "it returns its state");
}

/**
 * kernel [F, gates · units], recurrent_kernel [units, gates · units], bias [gates · units] (two rows where it resets
 * after the product), for an input [N, T, F].
 */
function describeCell(cell: RecurrentCell, input: Shape): ParameterSpec[] {
  const features = input[2];
  if (typeof features !== "number") {
    throw new RangeRefusal(needs(`layer "${cell.layer}"`, "an input [N, T, features]", input));
  }
  const width = countGates(cell.cell) * cell.units;
  const describe = (name: string, shape: number[]) => ({ name: `${cell.layer}/${name}`, shape, isTrainable: true });
  const kernels = [describe("kernel", [features, width]), describe("recurrent_kernel", [cell.units, width])];
  return cell.useBias ? [...kernels, describe("bias", cell.resetsAfter ? [2, width] : [width])] : kernels;
}
