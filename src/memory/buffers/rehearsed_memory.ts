import { Dataset } from "../../data/dataset.ts";
import { groupPositions } from "../../data/group_positions.ts";
import { shareMemory } from "./share_memory.ts";

/**
 * How a memory with equal shares a class will fill, before anything is trained: how many samples of each class it keeps
 * is known, which ones is not. It keeps those of as few tasks as it can.
 */
export class RehearsedMemory {
  #maxSize: number;
  readonly #groups: Map<number, Dataset>;

  /** @param groups What the memory holds now, by class id. */
  constructor(maxSize: number, groups: Iterable<readonly [id: number, samples: Dataset]>) {
    this.#maxSize = maxSize;
    this.#groups = new Map(groups);
  }

  /** As many samples of each class as it holds. */
  get samples(): Dataset {
    return Dataset.concat([...this.#groups.values()]);
  }

  countOf(id: number): number {
    return this.#groups.get(id)?.length ?? 0;
  }

  update(dataset: Dataset): void {
    for (const [id, positions] of groupPositions(dataset.targets)) {
      this.#groups.set(id, Dataset.concat([this.#groups.get(id) ?? Dataset.empty(), dataset.subset(positions)]));
    }
    this.#cut();
  }

  resize(maxSize: number): void {
    this.#maxSize = maxSize;
    this.#cut();
  }

  #cut(): void {
    const counts = [...this.#groups.values()].map(({ length }) => length);
    const shares = shareMemory(counts, this.#maxSize);
    for (const [index, [id, samples]] of [...this.#groups].entries()) {
      const share = shares[index] ?? 0;
      if (share === 0) this.#groups.delete(id);
      else if (share < samples.length) this.#groups.set(id, takeOfFewTasks(samples, share));
    }
  }
}

/** What a balanced buffer holds, group by group. */
export function* listGroups(
  groups: ReadonlyMap<number, { readonly buffer: Dataset }>,
): Iterable<readonly [id: number, samples: Dataset]> {
  for (const [id, { buffer }] of groups) yield [id, buffer];
}

function takeOfFewTasks(samples: Dataset, count: number): Dataset {
  const labels = samples.targetsTaskLabels;
  const positions = Array.from(labels.keys()).sort((a, b) => (labels[a] ?? 0) - (labels[b] ?? 0));
  return samples.subset(positions.slice(0, count));
}
