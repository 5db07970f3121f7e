import { valueAt } from "../../core/element_at.ts";
import { needs, RangeRefusal, TypeRefusal } from "../../core/errors/errors.ts";
import { createParameterLayout } from "../../core/parameter_layout.ts";
import { measureOutput } from "../engine_graphs.ts";
import type { ValueName } from "../graph.ts";
import { GraphBuilder } from "../graph_builder.ts";
import type { ParameterSpec } from "../layers/layer_definition.ts";
import type { LayerSpec, ModelSpec } from "../layers/layer_spec.ts";
import { convertLayer, convertMask, describeParameters } from "../layers/layers.ts";
import { RANDOM_LAYER_CLASSES } from "../layers/noise.ts";
import { parseLayer } from "../layers/parse_layer.ts";
import { readInnerLayer, readSampleShape, UnsupportedLayerError } from "../layers/read_setting.ts";
import { orderCalls } from "./order_calls.ts";
import { declareTensors } from "./tensor_sources.ts";
import { isModelJson, type LayerJson, type ModelJson, parseModelJson } from "./topology_schema.ts";

/**
 * Reads a model's layers from the JSON that `model.toJSON(undefined, false)` returns: sequential or functional,
 * models within models laid open, shared layers called several times.
 * @throws {TypeError} If it is not such JSON.
 * @throws {RangeError} If the layers' shapes do not fit together.
 * @throws {UnsupportedLayerError} If a layer, or one of its settings, has no converter; the message names it.
 * @example const spec = parseTopology(model.toJSON(undefined, false)); // for exportModel({ spec, … })
 */
export function parseTopology(topology: unknown): ModelSpec {
  const model = parseModelJson(topology);
  const reading = new Reading(model);
  const outputs = reading.readModel(model, undefined);
  return {
    name: model.config.name,
    layers: reading.calls,
    outputs,
    innerOutputs: reading.innerOutputs,
    ...reading.layouts(),
  };
}

/**
 * Why a model cannot be converted: one sentence a layer, or one for the whole where every layer could be converted by
 * itself; empty if it can.
 * @throws {TypeError} If it is not a model's JSON.
 */
export function findUnsupportedLayers(topology: unknown): string[] {
  const reasons = listLayers(parseModelJson(topology)).flatMap((layer) => {
    try {
      parseLayer(layer, { name: layer.config.name, inputs: [] }, 0);
      return [];
    } catch (error) {
      if (error instanceof UnsupportedLayerError) return [error.message];
      throw error;
    }
  });
  if (reasons.length > 0) return reasons;
  try {
    measureOutput(parseTopology(topology));
    return [];
  } catch (error) {
    if (error instanceof UnsupportedLayerError || error instanceof RangeError) return [error.message];
    throw error;
  }
}

/**
 * Whether a mask goes along with what a layer, or a model within the model, gives: some of its times do not count.
 * @throws {UnsupportedLayerError} If a layer, or one of its settings, has no converter.
 */
export function passesMask(topology: unknown, layerName: string): boolean {
  const model = parseModelJson(topology);
  const reading = new Reading(model);
  reading.readModel(model, undefined);
  return reading.masked.has(reading.innerOutputs[layerName] ?? layerName);
}

/** All layers that are not models themselves, in model order: the order of the weights. */
export function listLayers(model: ModelJson): LayerJson[] {
  return model.config.layers.flatMap((layer) => (isModelJson(layer) ? listLayers(parseModelJson(layer)) : [layer]));
}

/** A bidirectional layer that is not frozen itself may wrap one that is. */
function isTrainable(layer: LayerJson): boolean {
  const inner = layer.class_name === "Bidirectional" ? readInnerLayer(layer, "layer").config.trainable : true;
  return (layer.config.trainable ?? true) && (inner ?? true);
}

/** Parameters are found by their layer's name, so two layers must not share one. */
function assertUniqueNames(layers: readonly LayerJson[]): void {
  const names = layers.filter(({ class_name }) => class_name !== "InputLayer").map(({ config }) => config.name);
  const repeated = names.find((name, i) => names.indexOf(name) !== i);
  if (repeated !== undefined)
    throw new TypeRefusal(needs("the model's topology", "layers of different names", repeated));
}

/**
 * The state of one reading. Each call is converted into a scratch graph as soon as it is read: that gives its output's
 * shape, from which the next layer's parameters follow, and finds shapes that do not fit, by the layer's name.
 */
class Reading {
  readonly calls: LayerSpec[] = [];
  readonly innerOutputs: Record<string, string> = {};
  readonly #order: readonly LayerJson[];
  readonly #parameters = new Map<string, readonly ParameterSpec[]>();
  readonly #values = new Map<string, ValueName>();
  readonly #masks = new Map<string, ValueName>();
  readonly #scratch: GraphBuilder;

  constructor(model: ModelJson) {
    this.#order = listLayers(model);
    assertUniqueNames(this.#order);
    this.#scratch = new GraphBuilder(declareTensors((name) => this.#shapeOfParameter(name)));
  }

  /** Reads a model whose inputs are `inputs`, or the caller's own where there are none; returns its outputs. */
  readModel(model: ModelJson, inputs: readonly string[] | undefined): string[] {
    return model.class_name === "Sequential"
      ? this.#readSequential(model.config.layers, inputs)
      : this.#readFunctional(model, inputs);
  }

  /** The layouts of what has been read: tensors in model order. */
  layouts(): Pick<ModelSpec, "layout" | "stateLayout"> {
    const all = this.#order.flatMap((layer) => this.#parameters.get(layer.config.name) ?? []);
    return {
      layout: createParameterLayout(all.filter(({ isTrainable }) => isTrainable)),
      stateLayout: createParameterLayout(all.filter(({ isTrainable }) => !isTrainable)),
    };
  }

  /** The calls whose outputs have times that do not count. */
  get masked(): ReadonlySet<string> {
    return new Set(this.#masks.keys());
  }

  #readSequential(layers: readonly LayerJson[], inputs: readonly string[] | undefined): string[] {
    const [first] = layers;
    let current = inputs ?? (first ? this.#readFirstInput(first) : []);
    for (const layer of layers) {
      if (layer.class_name !== "InputLayer") current = this.#readCall(layer, current);
    }
    return [...current];
  }

  /** A sequential model's input, stated by its first layer, or by the first layer of that where it is a model. */
  #readFirstInput(first: LayerJson): string[] {
    if (isModelJson(first)) {
      const [inner] = parseModelJson(first).config.layers;
      return inner ? this.#readFirstInput(inner) : [];
    }
    const name = first.class_name === "InputLayer" ? first.config.name : `${first.config.name}_input`;
    return [this.#add({ kind: "input", name, inputs: [], sampleShape: readSampleShape(first) })];
  }

  #readFunctional(
    model: ModelJson & { class_name: "Model" | "Functional" },
    inputs: readonly string[] | undefined,
  ): string[] {
    const made = new Map<string, readonly string[]>();
    const find = ([layer, call, output]: readonly [string, number, number, ...unknown[]]): string => {
      const name = made.get(`${layer}:${call}`)?.[output];
      if (name !== undefined) return name;
      throw new TypeRefusal(needs(`the model "${model.config.name}"`, "calls of its own layers", `${layer}:${call}`));
    };
    for (const { layer, index, references } of orderCalls(model.config.layers)) {
      const position = model.config.input_layers.findIndex(([name]) => name === layer.config.name);
      const given = position < 0 ? undefined : inputs?.[position];
      const outputs = given !== undefined ? [given] : this.#readCall(layer, references.map(find));
      made.set(`${layer.config.name}:${index}`, outputs);
    }
    return model.config.output_layers.map(find);
  }

  #readCall(layer: LayerJson, inputs: readonly string[]): string[] {
    if (isModelJson(layer)) return this.#readInnerModel(layer, inputs);
    const layerIndex = this.#order
      .filter(({ class_name }) => RANDOM_LAYER_CLASSES.has(class_name))
      .findIndex(({ config }) => config.name === layer.config.name);
    const call = { name: this.#createName(layer.config.name), inputs };
    return [this.#add(parseLayer(layer, call, layerIndex), layer)];
  }

  #readInnerModel(layer: LayerJson, inputs: readonly string[]): string[] {
    const outputs = this.readModel(parseModelJson(layer), inputs);
    const [output, ...others] = outputs;
    if (output !== undefined && others.length === 0) this.innerOutputs[layer.config.name] ??= output;
    return outputs;
  }

  #add(call: LayerSpec, layer?: LayerJson): string {
    const inputs = call.inputs.map((name) => valueAt(this.#values, name));
    const shapes = inputs.map((value) => this.#scratch.shapeOf(value));
    if (layer) {
      const isLayerTrainable = isTrainable(layer);
      const parameters = describeParameters(call, shapes).map((parameter) => ({
        ...parameter,
        isTrainable: parameter.isTrainable && isLayerTrainable,
      }));
      this.#parameters.set(layer.config.name, parameters);
    }
    const masks = call.inputs.map((name) => this.#masks.get(name));
    const conversion = { graph: this.#scratch, mode: "eval", masks } as const;
    this.#values.set(call.name, convertLayer(call, inputs, conversion));
    const mask = convertMask(call, inputs, conversion);
    if (mask !== undefined) this.#masks.set(call.name, mask);
    this.calls.push(call);
    return call.name;
  }

  #createName(layer: string): string {
    let name = layer;
    for (let count = 1; this.#values.has(name); count++) name = `${layer}:${count}`;
    return name;
  }

  #shapeOfParameter(name: string): readonly number[] {
    for (const parameters of this.#parameters.values()) {
      const found = parameters.find((parameter) => parameter.name === name);
      if (found) return found.shape;
    }
    throw new RangeRefusal(needs("the model's topology", "a parameter that a layer has", name));
  }
}
