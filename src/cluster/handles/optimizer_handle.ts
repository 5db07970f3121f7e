import type { StepRates } from "../../optimizers/optimizer.ts";
import { locateGroups, type OptimizerRule } from "../../optimizers/parameter_groups.ts";
import type { ClusterModelForm } from "../cluster_model.ts";
import { Hyper, type OptimizerRoom } from "../memory/replica_memory.ts";
import type { ReplicaGroup } from "../protocol/replica_group.ts";

/** Coordinator-side handle to how the replicas step: one rule, or one for each group of parameters. */
export class OptimizerHandle {
  readonly #group: ReplicaGroup;
  #rule: OptimizerRule | undefined;

  constructor(group: ReplicaGroup) {
    this.#group = group;
  }

  /** Has the replicas step by a rule from now on. @param room For one that keeps more or fewer vectors. */
  async use(rule: OptimizerRule, { layout }: ClusterModelForm, room?: OptimizerRoom): Promise<void> {
    this.#rule = rule;
    // Copies: an optimizer's own constants have accessors that refuse assignments.
    const optimizer = { ...rule.spec };
    const segments = locateGroups(rule, layout).map((segment) => ({ ...segment, spec: { ...segment.spec } }));
    await this.#group.send({ kind: "setOptimizer", optimizer, segments, ...(room ? { room } : {}) });
  }

  /** Has them find the groups in a model that has grown. */
  async follow(model: ClusterModelForm): Promise<void> {
    if (this.#rule?.groups?.length) await this.use(this.#rule, model);
  }
}

/** Publishes the learning rates of the next step. */
export function writeRates(hyper: Float64Array, { learningRate, groups = [] }: StepRates): void {
  hyper[Hyper.learningRate] = learningRate;
  for (const [i, group] of groups.entries()) hyper[Hyper.firstGroupRate + i] = group.learningRate;
}
