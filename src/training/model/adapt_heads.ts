import { growHead } from "../../models/growing_head.ts";
import type { BaseStrategy } from "../loop/base_strategy.ts";
import { groupClassesByTask } from "./classes_by_task.ts";
import type { ModelHost } from "./model_host.ts";

/**
 * Widens growing heads for the classes and tasks of the strategy's current experience; in training those classes' units
 * count from now on, and a progressive network gets a column for a new task.
 */
export async function adaptHeads(strategy: BaseStrategy, host: ModelHost): Promise<void> {
  const classes = groupClassesByTask(strategy.experience);
  await strategy.growHeads(host.heads.map((head) => growHead(head, classes, { isTraining: strategy.isTraining })));
  if (strategy.isTraining) host.activateUnits(classes);
}
