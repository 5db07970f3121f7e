import { valueAt } from "../core/element_at.ts";
import { describeUnknownName, needs, RangeRefusal } from "../core/errors/errors.ts";
import type { ValueName } from "./graph.ts";
import type { Conversion, Mask } from "./layers/layer_definition.ts";
import type { LayerSpec, ModelSpec } from "./layers/layer_spec.ts";
import { convertLayer, convertMask } from "./layers/layers.ts";
import { describeShape } from "./shape.ts";

/** What calls of layers give, and the masks that go on from them, by the calls' names. */
export interface ConvertedCalls {
  readonly values: ReadonlyMap<string, ValueName>;
  readonly masks: ReadonlyMap<string, Mask>;
}

const NO_CALLS: ConvertedCalls = { values: new Map(), masks: new Map() };

/** A model's layers in a graph. */
export interface ConvertedModel {
  /** The model's output [N, C]. */
  readonly outputs: ValueName;
  /** What every call gives, by its name. */
  readonly values: ReadonlyMap<string, ValueName>;
}

/**
 * Adds all layers of a model to a graph and returns its output [N, C].
 * @throws {RangeError} If it has not one of that shape.
 */
export function convertModel(spec: ModelSpec, conversion: Conversion): ValueName {
  return convertWholeModel(spec, conversion).outputs;
}

/**
 * Adds all layers of a model to a graph. `given` holds values, by layer name, that stand in for layers: what an
 * exporter puts in front of the model in place of its inputs, and calls that were made before.
 * @throws {RangeError} If the model has not one output [N, C].
 */
export function convertWholeModel(
  spec: ModelSpec,
  conversion: Conversion,
  given: ConvertedCalls = NO_CALLS,
): ConvertedModel {
  const { values } = convertLayers(spec.layers, conversion, given);
  const [output = "", ...others] = spec.outputs;
  const value = values.get(output);
  if (value === undefined || others.length > 0) {
    throw new RangeRefusal(needs(`the model "${spec.name}"`, "one output", spec.outputs));
  }
  const shape = conversion.graph.shapeOf(value);
  if (shape.length === 2 && shape[0] === "N" && typeof shape[1] === "number") return { outputs: value, values };
  throw new RangeRefusal(needs(`the model "${spec.name}"`, "an output [N, C]", describeShape(shape)));
}

/** Every call; each comes after those whose outputs it takes. */
export function convertLayers(
  layers: readonly LayerSpec[],
  conversion: Conversion,
  given: ConvertedCalls = NO_CALLS,
): ConvertedCalls {
  const values = new Map(given.values);
  const masks = new Map<string, Mask>();
  for (const layer of layers) {
    if (given.values.has(layer.name)) {
      masks.set(layer.name, given.masks.get(layer.name));
      continue;
    }
    const inputs = layer.inputs.map((name) => valueAt(values, name));
    const call = { ...conversion, masks: layer.inputs.map((name) => masks.get(name)) };
    values.set(layer.name, convertLayer(layer, inputs, call));
    masks.set(layer.name, convertMask(layer, inputs, call));
  }
  return { values, masks };
}

/**
 * The layers up to one of them, or to a model within the model, and the name of its call.
 * @throws {RangeError} If the model has no layer of that name.
 */
export function cutBehind(
  spec: ModelSpec,
  layerName: string,
): { readonly layers: readonly LayerSpec[]; readonly call: string } {
  const names = spec.layers.map(({ name }) => name);
  const inner = spec.innerOutputs ?? {};
  const call = names.includes(layerName) ? layerName : (inner[layerName] ?? "");
  const end = names.indexOf(call) + 1;
  if (end > 0) return { layers: spec.layers.slice(0, end), call };
  const unknown = describeUnknownName("layer", layerName, [...names, ...Object.keys(inner)]);
  throw new RangeRefusal(`${spec.name}: ${unknown}`);
}
