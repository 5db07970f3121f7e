import { Cluster } from "../../cluster/cluster.ts";
import type { ClusterModel } from "../../cluster/memory/model_memory.ts";
import { needs, RangeRefusal } from "../../core/errors/errors.ts";
import { findEntry, type ParameterLayout, viewEntry } from "../../core/parameter_layout.ts";
import { addScaled } from "../../core/vector.ts";
import type { ModelHolder } from "../model/model_holder.ts";

/** Vectors by the layouts of the whole model. Borrowed. */
export interface WholeVectors {
  /** [P] */
  readonly parameters: Float32Array;
  /** [Q] */
  readonly state: Float32Array;
}

/** Starts replicas of a part of a strategy's model, laid out as the strategy's own are. They end with the strategy. */
export async function startPart(strategy: ModelHolder, part: ClusterModel): Promise<Cluster> {
  const { cluster: layout, seed } = strategy.options;
  // Nothing is ever stepped there: plain descent keeps no vectors of its own.
  const optimizer = { kind: "sgd", momentum: 0, dampening: 0, weightDecay: 0, nesterov: false } as const;
  const cluster = await Cluster.start(part, layout, { optimizer, seed });
  strategy.closeWith(cluster);
  return cluster;
}

/**
 * Gives the replicas of a part of a model the whole model's values.
 * @throws {RangeError} If the part has a head that has grown in the whole model.
 */
export function loadPart(part: Cluster, { parameters, state }: WholeVectors, whole: Cluster["model"]): void {
  copyByName({ from: parameters, layout: whole.layout }, { into: part.parameters, layout: part.model.layout });
  copyByName({ from: state, layout: whole.stateLayout }, { into: part.state, layout: part.model.stateLayout });
}

/** gradient += factor · the part's gradient, tensor by tensor; `gradient` [P] is by the whole model's layout. */
export function addPartGradient(
  gradient: Float32Array,
  { part, whole, factor = 1 }: { readonly part: Cluster; readonly whole: Cluster["model"]; readonly factor?: number },
): void {
  for (const entry of part.model.layout.entries) {
    addScaled(viewEntry(gradient, findEntry(whole.layout, entry.name)), viewEntry(part.gradient, entry), factor);
  }
}

function copyByName(
  whole: { readonly from: Float32Array; readonly layout: ParameterLayout },
  part: { readonly into: Float32Array; readonly layout: ParameterLayout },
): void {
  for (const entry of part.layout.entries) {
    const source = findEntry(whole.layout, entry.name);
    if (source.size !== entry.size) {
      throw new RangeRefusal(needs("the feature extractor", "a layer before the heads that grow", entry.name));
    }
    viewEntry(part.into, entry).set(viewEntry(whole.from, source));
  }
}
