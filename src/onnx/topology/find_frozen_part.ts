import { RangeRefusal } from "../../core/errors/errors.ts";
import { buildActivationGraph } from "../engine_graphs.ts";
import type { LayerSpec, ModelSpec } from "../layers/layer_spec.ts";
import { dependsOnMode } from "../layers/layers.ts";
import { sampleShapeOf } from "../shape.ts";
import { cutUpperPart } from "./cut_upper_part.ts";
import { parseTopology } from "./parse_topology.ts";

/** The part of a model below its first trained layer, whose outputs are the same at every step. */
export interface FrozenPart {
  /** The last layer of it. */
  readonly layerName: string;
  /** The shape of what that layer gives for one sample. */
  readonly shape: readonly number[];
  /** The model behind that layer, which has all trained parameters of the whole, in the same order. */
  readonly upper: ModelSpec;
}

/**
 * The largest part of a model that can be computed once a sample: frozen layers with weights of their own, up to one
 * that all ways to the outputs go through. Layers that drop units, or normalise by the batch, end it.
 * @returns Undefined where there is none.
 */
export function findFrozenPart(spec: ModelSpec, topology: unknown): FrozenPart | undefined {
  const frozen = listFrozenLayers(spec);
  const isWorthIt = spec.stateLayout.entries.some(({ name }) =>
    frozen.some(({ layer }) => name.startsWith(`${layer}/`)),
  );
  if (!isWorthIt || spec.layout.size === 0) return undefined;
  const inputs = new Set(spec.layers.filter(({ kind }) => kind === "input").map(({ name }) => name));
  for (const { name } of frozen.toReversed()) {
    // Behind an input nothing was computed.
    if (inputs.has(name)) continue;
    const part = cutBehind(name, spec, topology);
    if (part) return part;
  }
  return undefined;
}

/** Calls whose outputs depend on frozen layers alone, with the names of their layers. */
function listFrozenLayers(spec: ModelSpec): { readonly name: string; readonly layer: string }[] {
  const frozen = new Map<string, string>();
  for (const layer of spec.layers) {
    const owner = ownerOf(layer);
    const isTrained = spec.layout.entries.some(({ name }) => name.startsWith(`${owner}/`));
    const isInput = layer.kind === "input";
    if (isTrained || dependsOnMode(layer) || !layer.inputs.every((name) => frozen.has(name))) continue;
    if (isInput || layer.inputs.length > 0) frozen.set(layer.name, owner);
  }
  return [...frozen].map(([name, layer]) => ({ name, layer }));
}

/** The layer that owns the parameters of a call. */
function ownerOf(layer: LayerSpec): string {
  return "layer" in layer && typeof layer.layer === "string" ? layer.layer : layer.name;
}

function cutBehind(layerName: string, spec: ModelSpec, topology: unknown): FrozenPart | undefined {
  try {
    const [output] = buildActivationGraph(spec, layerName, "eval").outputs;
    const shape = sampleShapeOf(output?.shape ?? []);
    const upper = parseTopology(cutUpperPart(topology, { layerName, sampleShape: shape }));
    const isWhole = JSON.stringify(upper.layout.entries) === JSON.stringify(spec.layout.entries);
    return isWhole ? { layerName, shape, upper } : undefined;
  } catch (error) {
    // A layer that some way goes past, or the last one: another may do.
    if (error instanceof RangeRefusal) return undefined;
    throw error;
  }
}
