import type * as tf from "@tensorflow/tfjs";
import type { ModelTopology } from "../engine/model_topology.ts";
import { listFirstOutputs, listLayers } from "../engine/tfjs/model_layers.ts";
import { isModelJson, type LayerJson, layerSchema } from "../onnx/topology/topology_schema.ts";

/** Activations that make probabilities of logits. */
const OF_LOGITS: ReadonlySet<unknown> = new Set(["softmax", "sigmoid"]);

/** Layers that pass on the values that they are given, in another shape at most. */
const PASSING = new Set(["Flatten", "Reshape", "Dropout"]);

/**
 * The topology without the softmax or sigmoid that the model ends with, so that it gives logits: that of its last Dense
 * layer, or a layer of its own, with Reshape, Flatten and Dropout behind it or not, in a model within the model too.
 * Layers keep their names, and no weight changes. What is given is left as it is.
 * @param model What the topology is of.
 * @returns Undefined for a model that ends otherwise, or whose last activation other layers take, too.
 */
export function takeLogits(topology: ModelTopology, model: tf.LayersModel): ModelTopology | undefined {
  const isOverClasses = (name: string) => {
    const layer = listLayers(model).find((candidate) => candidate.name === name);
    const shape = layer ? (listFirstOutputs(layer)[0]?.shape ?? []) : [];
    return shape.length > 1 && shape.slice(1, -1).every((length) => length === 1);
  };
  return changeLast(topology, isOverClasses);
}

/** Whether a softmax in this layer is one over all outputs. */
type AskLayer = (name: string) => boolean;

function changeLast<Model extends ModelTopology>(model: Model, isOverClasses: AskLayer): Model | undefined {
  const { config } = model;
  if (!isRecord(config) || !Array.isArray(config.layers)) return undefined;
  const layers: unknown[] = config.layers;
  let at = model.class_name === "Sequential" ? layers.length - 1 : findLayer(layers, readOutput(config.output_layers));
  for (;;) {
    const read = layerSchema.safeParse(layers[at]);
    if (!read.success) return undefined;
    const changed = isModelJson(read.data)
      ? changeLast(read.data, isOverClasses)
      : leaveActivation(read.data, isOverClasses);
    if (changed) return { ...model, config: { ...config, layers: layers.with(at, changed) } };
    if (!PASSING.has(read.data.class_name)) return undefined;
    at = model.class_name === "Sequential" ? at - 1 : findLayer(layers, readInput(read.data));
  }
}

/** The layer without its activation; undefined if that is none of probabilities. */
function leaveActivation(layer: LayerJson, isOverClasses: AskLayer): LayerJson | undefined {
  const { class_name, config } = layer;
  const activation = class_name === "Softmax" ? "softmax" : config.activation;
  if (!["Dense", "Activation", "Softmax"].includes(class_name) || !OF_LOGITS.has(activation)) return undefined;
  if (activation === "softmax" && !isOverClasses(config.name)) return undefined;
  return {
    ...layer,
    class_name: class_name === "Softmax" ? "Activation" : class_name,
    config: { ...config, activation: "linear" },
  };
}

/** The place of a layer that is called once, and whose answer one layer, or the output alone, takes; else −1. */
function findLayer(layers: readonly unknown[], name: string | undefined): number {
  const at = layers.findIndex((layer) => isRecord(layer) && isRecord(layer.config) && layer.config.name === name);
  const read = layerSchema.safeParse(layers[at]);
  return read.success && (read.data.inbound_nodes ?? []).length === 1 ? at : -1;
}

function readOutput(outputs: unknown): string | undefined {
  const [first, ...others] = Array.isArray(outputs) ? outputs : [];
  return others.length === 0 && Array.isArray(first) && typeof first[0] === "string" ? first[0] : undefined;
}

function readInput({ inbound_nodes: calls = [] }: LayerJson): string | undefined {
  const [[[input] = []] = []] = calls;
  return input;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
