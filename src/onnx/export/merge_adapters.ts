import { elementAt } from "../../core/element_at.ts";
import { findEntry, viewEntry } from "../../core/parameter_layout.ts";
import { withoutAdapters } from "../import/adapters/without_adapters.ts";
import type { ImportedAdapter } from "../import/imported_network.ts";
import type { ModelSpec } from "../layers/layer_spec.ts";

/** A model and its values. */
interface ValuedModel {
  readonly spec: ModelSpec;
  /** [P] by the spec's layout. */
  readonly parameters: Float32Array;
  /** [Q] by the spec's state layout. */
  readonly state: Float32Array;
}

/**
 * The model without the nodes of its low-rank adapters, which are part of the weights instead: W + scale · B · A, in
 * double precision before it is rounded. Where there are none, the model itself. The layouts stay as they are.
 */
export function mergeAdapters<Model extends ValuedModel>(model: Model): Model {
  const { spec } = model;
  if (!hasAdapters(spec)) return model;
  const state = model.state.slice();
  const merged = new Set<string>();
  const layers = spec.layers.map((layer) => {
    if (layer.kind !== "importedNetwork") return layer;
    const { layer: owner, network } = layer;
    // A layer may be called several times; its weights are there once.
    if (!merged.has(owner)) {
      for (const adapter of network.adapters ?? []) mergeAdapter(adapter, { ...model, state, owner });
    }
    merged.add(owner);
    return { ...layer, network: withoutAdapters(network) };
  });
  return { ...model, spec: { ...spec, layers }, state };
}

/** Whether a model has low-rank adapters. */
export function hasAdapters({ layers }: ModelSpec): boolean {
  return layers.some((layer) => layer.kind === "importedNetwork" && layer.network.adapters !== undefined);
}

/** Adds scale · B · A to the weight in the state. */
function mergeAdapter(
  { weight, a, b, scale, outputAxis }: ImportedAdapter,
  { spec, parameters, state, owner }: ValuedModel & { readonly owner: string },
): void {
  const down = findEntry(spec.layout, `${owner}/${a}`);
  const up = findEntry(spec.layout, `${owner}/${b}`);
  const [A, B] = [viewEntry(parameters, down), viewEntry(parameters, up)];
  const W = viewEntry(state, findEntry(spec.stateLayout, `${owner}/${weight}`));
  const [rank, inputs, outputs] = [elementAt(down.shape, 0), elementAt(down.shape, 1), elementAt(up.shape, 0)];
  const [outputStep, inputStep] = outputAxis === 0 ? [inputs, 1] : [1, outputs];
  const row = new Float64Array(inputs);
  for (let o = 0; o < outputs; o++) {
    row.fill(0);
    for (let r = 0; r < rank; r++) {
      const factor = scale * elementAt(B, o * rank + r);
      for (let i = 0; i < inputs; i++) row[i] = (row[i] ?? 0) + factor * (A[r * inputs + i] ?? 0);
    }
    for (let i = 0; i < inputs; i++) {
      const at = o * outputStep + i * inputStep;
      W[at] = (W[at] ?? 0) + (row[i] ?? 0);
    }
  }
}
