import { needs, TypeRefusal } from "../../core/errors/errors.ts";
import { isModelJson, type LayerJson, type TensorReference } from "./topology_schema.ts";

/** One call of a layer in a functional model: its number among the layer's calls, and what it is called on. */
export interface CallJson {
  readonly layer: LayerJson;
  readonly index: number;
  readonly references: readonly TensorReference[];
}

/**
 * The calls of a functional model, each after those whose outputs it takes.
 * @throws {TypeError} If they wait for one another in a circle, or for a call that there is not.
 */
export function orderCalls(layers: readonly LayerJson[]): CallJson[] {
  let waiting = layers.flatMap(listCalls);
  const ordered: CallJson[] = [];
  const done = new Set<string>();
  while (waiting.length > 0) {
    const ready = waiting.filter(({ references }) => references.every(([name, call]) => done.has(`${name}:${call}`)));
    if (ready.length === 0) {
      const names = waiting.map(({ layer }) => layer.config.name);
      throw new TypeRefusal(needs("the model", "inputs that other layers make", names));
    }
    for (const { layer, index } of ready) done.add(`${layer.config.name}:${index}`);
    ordered.push(...ready);
    waiting = waiting.filter((call) => !ready.includes(call));
  }
  return ordered;
}

function listCalls(layer: LayerJson): CallJson[] {
  if (layer.class_name === "InputLayer") return [{ layer, index: 0, references: [] }];
  // TF.js counts a model's own making as its first call, and does not write that down.
  const first = isModelJson(layer) ? 1 : 0;
  return (layer.inbound_nodes ?? []).map((references, i) => ({ layer, index: first + i, references }));
}
