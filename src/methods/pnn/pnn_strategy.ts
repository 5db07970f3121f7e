import { needs, RangeRefusal } from "../../core/errors/errors.ts";
import { CLASSES_ONLY, type TargetKind } from "../../data/float_targets.ts";
import { listGrowingHeads } from "../../models/growth/growing_head.ts";
import { takeTopology } from "../../models/take_topology.ts";
import { BaseStrategy } from "../../training/loop/base_strategy.ts";
import type { StrategyOptions } from "../../training/loop/strategy_options.ts";

/**
 * Progressive neural networks: trains a model made by `pnn`, which gets a column for each new task label, joined to all
 * columns before it; those are frozen, bit for bit. So nothing is forgotten, and the model grows with the square of the
 * tasks. Each experience must have one task label, that of a new task or of the newest column. Labels that were not
 * trained are masked in evaluation. The exported model holds all columns and takes task labels. With another strategy
 * such a model learns in the same way.
 * @see Rusu et al. 2016, Progressive Neural Networks, arXiv:1606.04671
 */
export class PNNStrategy extends BaseStrategy {
  /** @throws {RangeError} If the model has no columns. */
  constructor(options: StrategyOptions) {
    super(options);
    const kinds = listGrowingHeads(takeTopology(options.model)).map(({ kind }) => kind);
    if (!kinds.includes("progressive")) {
      throw new RangeRefusal(needs("PNNStrategy", "a model with columns, as pnn() makes it", options.model.name));
    }
  }

  override get targets(): readonly TargetKind[] {
    return CLASSES_ONLY;
  }
}

/** By the names under which a list of methods loads them. */
export { PNNStrategy as strategy };
