import { findEntry, viewEntry } from "../../core/parameter_layout.ts";
import { growHead, listUnits } from "../../models/growth/growing_head.ts";
import type { BaseStrategy } from "../loop/base_strategy.ts";
import { adaptStatistics } from "./adapt_statistics.ts";
import { groupClassesByTask } from "./classes_by_task.ts";

/**
 * Prepares the model for the strategy's current experience: its heads, and in training what it knows of the data.
 */
export function adaptModel(strategy: BaseStrategy): void | Promise<void> {
  if (strategy.isTraining) adaptStatistics(strategy);
  if (strategy.heads.length > 0) return adaptHeads(strategy);
}

/**
 * Widens growing heads for the classes and tasks of the strategy's current experience; in training those classes' units
 * count from now on, and a progressive network gets a column for a new task.
 */
async function adaptHeads(strategy: BaseStrategy): Promise<void> {
  const { isTraining } = strategy;
  const classes = groupClassesByTask(strategy.experience);
  await strategy.growHeads(strategy.heads.map((head) => growHead(head, classes, { isTraining })));
  if (!isTraining) return;
  const { model, state } = strategy.cluster;
  for (const head of strategy.heads) {
    const active = viewEntry(state, findEntry(model.stateLayout, `${head.layer}/active`));
    for (const unit of listUnits(head, classes)) active[unit] = 1;
  }
}
