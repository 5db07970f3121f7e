import type { Cluster } from "../../cluster/cluster.ts";
import type { Optimizer } from "../../optimizers/optimizer.ts";
import type { OptimizerSpec } from "../../optimizers/optimizer_spec.ts";

/** A strategy's optimizer, and what its replicas know of it. */
export class AttachedOptimizer {
  /** What steps are made with; the replicas hear of it from `attach`. */
  current: Optimizer;
  readonly #first: KnownOptimizer;
  #attached: KnownOptimizer;

  constructor(optimizer: Optimizer) {
    this.current = optimizer;
    this.#first = { optimizer, spec: optimizer.spec };
    this.#attached = this.#first;
  }

  /** True where steps are made otherwise than at first, the learning rate aside. */
  get isOther(): boolean {
    return !isSame(this.#first, this.current);
  }

  /** Notes that the replicas were started with the optimizer as it is. Returns its constants. */
  begin(): OptimizerSpec {
    const { spec } = this.current;
    this.#attached = { optimizer: this.current, spec };
    return { ...spec };
  }

  /** Has the replicas step with another optimizer, from zero, or with other constants of the same one. */
  async attach(cluster: Cluster): Promise<void> {
    const { current: optimizer } = this;
    if (isSame(this.#attached, optimizer)) return;
    const { spec } = optimizer;
    await cluster.useOptimizer({ ...spec }, { keepsState: optimizer === this.#attached.optimizer });
    this.#attached = { optimizer, spec };
  }
}

/** An optimizer with the constants that it had at some time. */
interface KnownOptimizer {
  readonly optimizer: Optimizer;
  readonly spec: OptimizerSpec;
}

function isSame(known: KnownOptimizer, optimizer: Optimizer): boolean {
  return optimizer === known.optimizer && optimizer.spec === known.spec;
}
