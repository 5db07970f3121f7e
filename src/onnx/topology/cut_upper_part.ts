import { describeUnknownName, needs, RangeRefusal } from "../../core/errors/errors.ts";
import { TASK_LABELS_NAME } from "../layers/input.ts";
import { listLayers, passesMask } from "./parse_topology.ts";
import {
  isModelJson,
  type LayerJson,
  type ModelJson,
  parseModelJson,
  type TensorReference,
} from "./topology_schema.ts";

/** What the part of a model behind one of its layers is given. */
export interface UpperCut {
  readonly layerName: string;
  /** The shape of one row of what that layer gives. */
  readonly sampleShape: readonly number[];
}

type Functional = ModelJson & { class_name: "Model" | "Functional" };

/**
 * The model behind one of its layers, as a model of its own: what that layer gives is its input, and its layers keep
 * their names. Task labels stay an input where they are one. The topology given is left as it is.
 * @throws {RangeError} If there is no such layer, it is the last, some way from the samples to the outputs goes past
 * it, or a mask goes along with what it gives.
 */
export function cutUpperPart(topology: unknown, cut: UpperCut): ModelJson {
  const model = parseModelJson(topology);
  const names = model.config.layers.map(({ config }) => config.name);
  if (!names.includes(cut.layerName)) {
    throw new RangeRefusal(`${model.config.name}: ${describeUnknownName("layer", cut.layerName, names)}`);
  }
  if (listLayers(model).some(makesMask) && passesMask(topology, cut.layerName)) {
    throw new RangeRefusal(needs(`${model.config.name}`, "a layer without masked times", cut.layerName));
  }
  return model.class_name === "Sequential" ? cutSequential(model, cut) : cutFunctional(model, cut);
}

function makesMask({ class_name, config }: LayerJson): boolean {
  return class_name === "Masking" || (class_name === "Embedding" && config.mask_zero === true);
}

function cutSequential(model: ModelJson & { class_name: "Sequential" }, cut: UpperCut): ModelJson {
  const { layers } = model.config;
  const behind = layers.slice(layers.findIndex(({ config }) => config.name === cut.layerName) + 1);
  if (behind.length === 0) refuseLast(model, cut);
  return { ...model, config: { ...model.config, layers: [createInput(cut), ...behind] } };
}

function cutFunctional(model: Functional, cut: UpperCut): ModelJson {
  const behind = listLayersBehind(model, cut.layerName);
  const { input_layers: inputs, output_layers: outputs } = model.config;
  if (outputs.some(([name]) => name === cut.layerName)) refuseLast(model, cut);
  const references = behind.flatMap(listReferences);
  const names = new Set(behind.map(({ config }) => config.name));
  const cutLayer = model.config.layers.find(({ config }) => config.name === cut.layerName);
  const firstCall = cutLayer && isModelJson(cutLayer) ? 1 : 0;
  const isWhole = references.every(([name, call]) =>
    name === cut.layerName ? call === firstCall : names.has(name) || name === TASK_LABELS_NAME,
  );
  const isShared = (cutLayer?.inbound_nodes ?? []).length > 1;
  if (!isWhole || isShared || !outputs.every(([name]) => names.has(name))) {
    const wanted = "a layer that all ways from the samples to the outputs go through, once";
    throw new RangeRefusal(needs(`${model.config.name}`, wanted, cut.layerName));
  }
  const input = createInput(cut);
  const usesTasks = references.some(([name]) => name === TASK_LABELS_NAME);
  const tasks = model.config.layers.filter(({ config }) => usesTasks && config.name === TASK_LABELS_NAME);
  const given: TensorReference = [input.config.name, 0, 0];
  const kept = inputs.filter(([name]) => name !== TASK_LABELS_NAME || usesTasks);
  const config = {
    ...model.config,
    layers: [input, ...tasks, ...behind.map((layer) => replaceReferences(layer, cut.layerName, input.config.name))],
    input_layers: kept.map((reference) => (reference[0] === TASK_LABELS_NAME ? reference : given)),
  };
  return { ...model, config };
}

/** The layers whose outputs depend on the layer's, in model order. */
function listLayersBehind({ config: { layers } }: Functional, layerName: string): LayerJson[] {
  const behind = new Set([layerName]);
  // Layers need not come after those that they take.
  for (let size = 0; size !== behind.size; ) {
    size = behind.size;
    for (const layer of layers) {
      if (listReferences(layer).some(([name]) => behind.has(name))) behind.add(layer.config.name);
    }
  }
  return layers.filter(({ config }) => config.name !== layerName && behind.has(config.name));
}

function listReferences({ inbound_nodes: calls = [] }: LayerJson): readonly TensorReference[] {
  return calls.flat();
}

function replaceReferences(layer: LayerJson, from: string, to: string): LayerJson {
  const calls = (layer.inbound_nodes ?? []).map((call) =>
    call.map(([name, index, ...rest]): TensorReference => (name === from ? [to, 0, ...rest] : [name, index, ...rest])),
  );
  return { ...layer, inbound_nodes: calls };
}

function createInput({ layerName, sampleShape }: UpperCut): LayerJson {
  const name = `${layerName}_given`;
  const config = { batch_input_shape: [null, ...sampleShape], dtype: "float32", sparse: false, name };
  return { class_name: "InputLayer", name, config, inbound_nodes: [] };
}

function refuseLast({ config }: ModelJson, { layerName }: UpperCut): never {
  throw new RangeRefusal(needs(`${config.name}`, "a layer before the last", layerName));
}
