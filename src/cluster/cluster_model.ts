import type { ParameterLayout } from "../core/parameter_layout.ts";
import type { ModelTopology } from "../engine/model_topology.ts";

/** What a model is, apart from the values of its weights. */
export interface ClusterModelForm {
  readonly topology: ModelTopology;
  /** What the replicas compute, where that is not the whole: a model without its last softmax. */
  readonly computed?: ModelTopology;
  readonly layout: ParameterLayout;
  readonly stateLayout: ParameterLayout;
  /** C */
  readonly outputSize: number;
  /** Layers that have a classifier for each task: their parameters are [tasks, …] all. Default: none. */
  readonly taskHeads?: readonly string[];
}

/** A model as the cluster takes it: with flat vectors, which are copied. */
export interface ClusterModel extends ClusterModelForm {
  readonly parameters: Float32Array;
  readonly state: Float32Array;
}

/** The model without its vectors, so that whoever holds it does not hold those. */
export function describeModelForm({ parameters, state, ...form }: ClusterModel): ClusterModelForm {
  return form;
}

/** The topology of what the replicas compute. */
export function chooseComputed({ topology, computed = topology }: ClusterModelForm): ModelTopology {
  return computed;
}
