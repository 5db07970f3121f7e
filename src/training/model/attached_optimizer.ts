import type { Cluster } from "../../cluster/cluster.ts";
import type { ParameterLayout } from "../../core/parameter_layout.ts";
import type { Optimizer } from "../../optimizers/optimizer.ts";
import { assertGroupsMatch, type OptimizerRule } from "../../optimizers/parameter_groups.ts";

/** A strategy's optimizer, and what its replicas know of it. */
export class AttachedOptimizer {
  readonly #first: KnownOptimizer;
  #current: Optimizer;
  #attached: KnownOptimizer;

  /**
   * @param layout Of the model that it is to train.
   * @throws {RangeError} If its groups do not fit the model.
   */
  constructor(optimizer: Optimizer, layout: () => ParameterLayout) {
    assertGroupsFit(optimizer, layout);
    this.#current = optimizer;
    this.#first = { optimizer, ...readRule(optimizer) };
    this.#attached = this.#first;
  }

  /** What steps are made with; the replicas hear of it from `attach`. */
  get current(): Optimizer {
    return this.#current;
  }

  /** True where steps are made otherwise than at first, learning rates aside. */
  get isOther(): boolean {
    return !isSame(this.#first, this.#current);
  }

  /** Goes over to another one. @throws {RangeError} If its groups do not fit the model. */
  change(optimizer: Optimizer, layout: () => ParameterLayout): void {
    assertGroupsFit(optimizer, layout);
    this.#current = optimizer;
  }

  /** Notes that the replicas were started with the optimizer as it is. Returns its constants. */
  begin(): OptimizerRule {
    this.#attached = { optimizer: this.#current, ...readRule(this.#current) };
    return readRule(this.#current);
  }

  /**
   * Has the replicas step with another optimizer, from zero, or with other constants of the same one.
   * @returns Undefined where they do so already.
   */
  attach(cluster: Cluster): Promise<void> | undefined {
    return isSame(this.#attached, this.#current) ? undefined : this.#change(cluster);
  }

  async #change(cluster: Cluster): Promise<void> {
    const optimizer = this.#current;
    const rule = readRule(optimizer);
    await cluster.useOptimizer(rule, { keepsState: optimizer === this.#attached.optimizer });
    this.#attached = { optimizer, ...rule };
  }
}

/** An optimizer with the constants that it had at some time. */
interface KnownOptimizer extends OptimizerRule {
  readonly optimizer: Optimizer;
}

function readRule({ spec, groups }: Optimizer): OptimizerRule {
  return groups ? { spec, groups } : { spec };
}

function isSame(known: KnownOptimizer, optimizer: Optimizer): boolean {
  return optimizer === known.optimizer && optimizer.spec === known.spec && optimizer.groups === known.groups;
}

/** Most optimizers have no groups: then nothing is asked of the model. */
function assertGroupsFit(optimizer: Optimizer, layout: () => ParameterLayout): void {
  if (optimizer.groups?.length) assertGroupsMatch(optimizer, layout());
}
