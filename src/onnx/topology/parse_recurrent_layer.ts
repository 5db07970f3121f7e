import { z } from "zod";
import type { LayerCall } from "../specs/layer_call.ts";
import type { BidirectionalSpec, RecurrentCell, RecurrentSpec } from "../specs/recurrent_spec.ts";
import { readActivation } from "./read_activation.ts";
import { assertUnrestricted, readInnerLayer, readSetting, UnsupportedLayerError } from "./read_setting.ts";
import type { LayerJson } from "./topology_schema.ts";

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

/**
 * A call of a recurrent layer; undefined for a layer of another kind.
 * @throws {UnsupportedLayerError} If it keeps or returns its state, drops units, or resets after the product.
 * @throws {TypeError} If a setting is missing or of the wrong kind.
 */
export function parseRecurrentLayer(layer: LayerJson, call: LayerCall): RecurrentSpec | BidirectionalSpec | undefined {
  if (layer.class_name === "Bidirectional") return parseBidirectional(layer, call);
  const cell = CELLS.get(layer.class_name);
  return cell && { ...call, kind: "recurrent", ...parseCell(layer, cell) };
}

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
  const flag = (key: string, fallback: boolean) => readSetting(layer, key, z.boolean().nullish()) ?? fallback;
  return {
    cell,
    layer: layer.config.name,
    units: readSetting(layer, "units", z.number().int().positive()),
    useBias: flag("use_bias", true),
    activation: readActivation(layer, { fallback: "tanh" }),
    recurrentActivation: readActivation(layer, { key: "recurrent_activation", fallback: "hardSigmoid" }),
    returnsSequences: flag("return_sequences", false),
    goesBackwards: flag("go_backwards", false),
  };
}

function assertPlain(layer: LayerJson): void {
  assertUnrestricted(layer);
  const { stateful, return_state, dropout, recurrent_dropout, reset_after } = layer.config;
  if (stateful) throw new UnsupportedLayerError(layer, "it keeps its state from batch to batch", { byTfjs: false });
  if (dropout || recurrent_dropout) throw new UnsupportedLayerError(layer, "it drops units itself", { byTfjs: false });
  if (reset_after) throw new UnsupportedLayerError(layer, "it resets after the product", { byTfjs: false });
  if (return_state) throw new UnsupportedLayerError(layer, "it returns its state");
}
