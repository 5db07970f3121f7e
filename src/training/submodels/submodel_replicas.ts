import { Cluster } from "../../cluster/cluster.ts";
import type { ClusterModel } from "../../cluster/cluster_model.ts";
import { needs, RangeRefusal } from "../../core/errors/errors.ts";
import { findEntry, type ParameterLayout, viewEntry } from "../../core/parameter_layout.ts";
import { addScaled } from "../../kernels/add_scaled.ts";
import type { ModelHolder } from "../model/model_holder.ts";

/** Vectors by the layouts of the whole model. Borrowed. */
export interface WholeVectors {
  /** [P] */
  readonly parameters: Float32Array;
  /** [Q] */
  readonly state: Float32Array;
}

/**
 * Starts replicas of a submodel of a strategy's model, laid out as the strategy's own; a single one computes in this
 * thread. They end with the strategy.
 */
export async function startSubmodel(strategy: ModelHolder, submodel: ClusterModel): Promise<Cluster> {
  const { seed } = strategy.options;
  const layout = layOut(strategy);
  // Nothing is ever stepped there: plain descent keeps no vectors of its own.
  const spec = { kind: "sgd", momentum: 0, dampening: 0, weightDecay: 0, nesterov: false } as const;
  const cluster = await Cluster.start(submodel, layout, { optimizer: { spec }, seed });
  strategy.closeWith(cluster);
  return cluster;
}

/**
 * This thread waits while a single Worker computes: it can do that work itself, and starting another Worker takes as
 * long as dozens of steps. Not where a Worker may be lost and replaced, or TF.js would choose its backend here.
 */
function layOut({ options: { cluster: layout }, cluster: { engine } }: ModelHolder): ModelHolder["options"]["cluster"] {
  const { workers, isolation, devices, maxRestarts } = layout;
  const isPlain = isolation !== "process" && maxRestarts === 0 && devices.every((device) => device === "cpu");
  return workers === 1 && isPlain && engine.startsWith("onnxruntime") ? { ...layout, workers: 0 } : layout;
}

/**
 * Gives the replicas of a submodel the whole model's values.
 * @throws {RangeError} If the submodel has a head that has grown in the whole model.
 */
export function loadSubmodel(submodel: Cluster, { parameters, state }: WholeVectors, whole: Cluster["model"]): void {
  copyByName({ from: parameters, layout: whole.layout }, { into: submodel.parameters, layout: submodel.model.layout });
  copyByName({ from: state, layout: whole.stateLayout }, { into: submodel.state, layout: submodel.model.stateLayout });
}

/**
 * Where a vector of the whole model holds the part's tensors just as a vector of the part does, one after another;
 * undefined if it does not.
 */
export function findRun(part: ParameterLayout, whole: ParameterLayout): number | undefined {
  const starts = part.entries.map(({ name, offset }) => findEntry(whole, name).offset - offset);
  const [first] = starts;
  return starts.every((start) => start === first) ? first : undefined;
}

/** gradient += factor · the submodel's gradient, tensor by tensor; `gradient` [P] is by the whole model's layout. */
export function addSubmodelGradient(
  gradient: Float32Array,
  {
    submodel,
    whole,
    factor = 1,
  }: { readonly submodel: Cluster; readonly whole: Cluster["model"]; readonly factor?: number },
): void {
  for (const entry of submodel.model.layout.entries) {
    addScaled(viewEntry(gradient, findEntry(whole.layout, entry.name)), viewEntry(submodel.gradient, entry), factor);
  }
}

/**
 * Copies the tensors of the part's layout out of a vector of the whole model.
 * @throws {RangeError} If one of them belongs to a head that has grown in the whole model.
 */
export function copyByName(
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
