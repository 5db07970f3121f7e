import { elementAt } from "../../core/element_at.ts";
import type { Dataset } from "../../data/dataset.ts";
import { groupPositions } from "../../data/group_positions.ts";
import type { BufferUpdateSource } from "../buffers/exemplars_buffer.ts";
import type { SelectionStrategy } from "./selection_strategy.ts";

/**
 * Another selection's choice within each task, the tasks' best in turn: samples of one class id may be different things
 * in different tasks. Where a group is of one task, the other's choice as it is.
 */
export class TaskBalancedSelectionStrategy implements SelectionStrategy {
  readonly #selection: SelectionStrategy;

  constructor(selection: SelectionStrategy) {
    this.#selection = selection;
  }

  async select(samples: Dataset, count: number, source: BufferUpdateSource): Promise<Int32Array> {
    const tasks = [...groupPositions(samples.targetsTaskLabels).values()];
    if (tasks.length < 2) return this.#selection.select(samples, count, source);
    const ranked: Int32Array[] = [];
    for (const positions of tasks) {
      const chosen = await this.#selection.select(samples.subset(positions), count, source);
      ranked.push(chosen.map((place) => elementAt(positions, place)));
    }
    return Int32Array.from(takeInTurn(ranked)).slice(0, count);
  }
}

/** The lists' first values, then their second ones, and so on. */
function* takeInTurn(lists: readonly Int32Array[]): Generator<number> {
  const rounds = Math.max(...lists.map(({ length }) => length));
  for (let round = 0; round < rounds; round++) {
    for (const list of lists) yield* list.subarray(round, round + 1);
  }
}
