import type { StepRates } from "../../optimizers/optimizer.ts";
import { locateGroups, type OptimizerRule, type OptimizerSegment } from "../../optimizers/parameter_groups.ts";
import { divideByTask } from "../../optimizers/task_parts.ts";
import type { ClusterModelForm } from "../cluster_model.ts";
import { Hyper, type OptimizerRoom } from "../memory/replica_memory.ts";
import type { ReplicaGroup } from "../protocol/replica_group.ts";
import { TaskSteps } from "./task_steps.ts";

/** Coordinator-side handle to how the replicas step: one rule, or one for each group of parameters. */
export class OptimizerHandle {
  readonly taskSteps = new TaskSteps();
  readonly #group: ReplicaGroup;
  #rule: OptimizerRule | undefined;

  constructor(group: ReplicaGroup) {
    this.#group = group;
  }

  /** Has the replicas step by a rule from now on. @param room For one that keeps more or fewer vectors. */
  async use(rule: OptimizerRule, model: ClusterModelForm, room?: OptimizerRoom): Promise<void> {
    this.#rule = rule;
    this.taskSteps.follow(model);
    // Copies: an optimizer's own constants have accessors that refuse assignments.
    const optimizer = { ...rule.spec };
    const segments = this.#locate(rule, model).map((segment) => ({ ...segment, spec: { ...segment.spec } }));
    const { next: taskSteps } = this.taskSteps;
    await this.#group.send({ kind: "setOptimizer", optimizer, segments, taskSteps, ...(room ? { room } : {}) });
  }

  /** Has them find groups and parts of tasks in a model that has grown. */
  async follow(model: ClusterModelForm): Promise<void> {
    if (this.#rule && (this.#rule.groups?.length || model.taskHeads?.length)) await this.use(this.#rule, model);
  }

  /** Empty where all parameters are stepped alike. */
  #locate(rule: OptimizerRule, { layout }: ClusterModelForm): OptimizerSegment[] {
    const groups = locateGroups(rule, layout);
    const { parts } = this.taskSteps;
    if (groups.length > 0 || parts.length === 0) return divideByTask(groups, parts);
    return divideByTask([{ start: 0, end: layout.size, group: 0, spec: rule.spec }], parts);
  }
}

/** Publishes the learning rates of the next step. */
export function writeRates(hyper: Float64Array, { learningRate, groups = [] }: StepRates): void {
  hyper[Hyper.learningRate] = learningRate;
  for (const [i, group] of groups.entries()) hyper[Hyper.firstGroupRate + i] = group.learningRate;
}
