import { elementAt } from "../../core/element_at.ts";
import { assertWholeNumber } from "../../core/errors/errors.ts";
import { assertOptions, type OptionRules } from "../../core/options/assert_options.ts";
import { objectLike, oneOf, required, wholeNumber } from "../../core/options/value_rules.ts";
import { count, declareState, kind, mapById, record, type ValueOf } from "../../core/state/state.ts";
import { Dataset } from "../../data/dataset.ts";
import { groupPositions } from "../../data/group_positions.ts";
import { datasetField } from "../../data/saved_dataset.ts";
import type { Experience } from "../../streams/experience.ts";
import { isOnlineExperience } from "../../streams/online_experience.ts";
import { RandomExemplarsSelectionStrategy, type SelectionStrategy } from "../selection/selection_strategy.ts";
import type { BufferUpdateSource, ExemplarsBuffer } from "./exemplars_buffer.ts";
import { shareMemory } from "./share_memory.ts";

const GROUPINGS = ["none", "class", "task", "experience"] as const;

/** What a `ParametricBuffer` is made from. */
export interface ParametricBufferOptions {
  readonly maxSize: number;
  /**
   * What shares the memory in equal parts. Default: "none", all samples are one group. The pieces of an online
   * stream are one experience, that which they were cut from.
   */
  readonly groupBy?: (typeof GROUPINGS)[number];
  /** Which samples of a group stay. Default: random ones. */
  readonly selectionStrategy?: SelectionStrategy;
}

const PARAMETRIC_BUFFER_RULES: OptionRules<ParametricBufferOptions> = {
  maxSize: required(wholeNumber(1)),
  groupBy: oneOf(GROUPINGS),
  selectionStrategy: objectLike("a selection strategy", "select"),
};

const GROUP = record({
  /** How many samples came in. */
  seen: count(),
  /** In the order of choice. */
  samples: datasetField(),
});
type Group = ValueOf<typeof GROUP>;

/**
 * A buffer made of parts: how samples are grouped, and which of a group stay. At every update what a group holds and
 * what comes for it are ranked anew, by the model as it is now. Room that a small group leaves is lent to the others.
 * Avalanche's ParametricBuffer (Lomonaco et al. 2021, arXiv:2104.00405).
 */
export class ParametricBuffer implements ExemplarsBuffer {
  readonly #state = declareState(
    "a parametric buffer",
    { kind: kind("parametric"), maxSize: count(), groups: mapById(GROUP) },
    {
      restored: () => {
        this.#joined = undefined;
      },
    },
  );
  readonly save = this.#state.save;
  readonly restore = this.#state.restore;
  readonly #groupBy: (typeof GROUPINGS)[number];
  readonly #selection: SelectionStrategy;
  #joined: Dataset | undefined;

  /** @throws {RangeError} If the size or the grouping is out of range. */
  constructor(options: ParametricBufferOptions) {
    assertOptions("ParametricBuffer", options, PARAMETRIC_BUFFER_RULES);
    const { maxSize, groupBy = "none", selectionStrategy } = options;
    this.#state.maxSize = maxSize;
    this.#groupBy = groupBy;
    this.#selection = selectionStrategy ?? new RandomExemplarsSelectionStrategy();
  }

  get maxSize(): number {
    return this.#state.maxSize;
  }

  /** Group after group, in the order in which they came; each in the order of choice. */
  get buffer(): Dataset {
    this.#joined ??= Dataset.concat([...this.#state.groups.values()].map(({ samples }) => samples));
    return this.#joined;
  }

  /** The samples by class id, task label or number of the update; one group 0 where there is no grouping. */
  get bufferGroups(): ReadonlyMap<number, Dataset> {
    return new Map([...this.#state.groups].map(([group, { samples }]) => [group, samples]));
  }

  async update(source: BufferUpdateSource): Promise<void> {
    const parts = this.#split(source.experience);
    const merged = new Map(this.#state.groups);
    for (const [group, part] of parts) {
      const { samples = Dataset.empty(), seen = 0 } = merged.get(group) ?? {};
      merged.set(group, { samples: Dataset.concat([samples, part]), seen: seen + part.length });
    }
    const shares = this.#share(merged);
    for (const [index, [group, { samples, seen }]] of [...merged].entries()) {
      const share = elementAt(shares, index);
      if (share === 0) merged.delete(group);
      else if (parts.has(group)) {
        const kept = samples.subset(await this.#selection.select(samples, share, source)).dropUnusedSources();
        merged.set(group, { samples: kept, seen });
      } else merged.set(group, { samples: takeFirst(samples, share), seen });
    }
    this.#replace(merged);
  }

  resize(newSize: number): void {
    assertWholeNumber("ParametricBuffer", "newSize", newSize, 1);
    this.#state.maxSize = newSize;
    const shares = this.#share(this.#state.groups);
    const cut = [...this.#state.groups].map(([group, { samples, seen }], index) => {
      return [group, { samples: takeFirst(samples, elementAt(shares, index)), seen }] as const;
    });
    this.#replace(new Map(cut.filter(([, { samples }]) => samples.length > 0)));
  }

  #split(experience: Experience): Map<number, Dataset> {
    const { dataset } = experience;
    switch (this.#groupBy) {
      case "none":
        return new Map([[0, dataset]]);
      case "experience": {
        const next = Math.max(-1, ...this.#state.groups.keys()) + 1;
        const isPiece = isOnlineExperience(experience);
        return new Map([[isPiece ? experience.originExperience.currentExperience : next, dataset]]);
      }
      case "class":
        return subsets(dataset, dataset.targets);
      case "task":
        return subsets(dataset, dataset.targetsTaskLabels);
    }
  }

  #share(groups: ReadonlyMap<number, Group>): number[] {
    return shareMemory(
      [...groups.values()].map(({ seen }) => seen),
      this.#state.maxSize,
    );
  }

  #replace(groups: Map<number, Group>): void {
    this.#state.groups = groups;
    this.#joined = undefined;
  }
}

function subsets(dataset: Dataset, values: Int32Array): Map<number, Dataset> {
  return new Map([...groupPositions(values)].map(([value, positions]) => [value, dataset.subset(positions)]));
}

function takeFirst(samples: Dataset, count: number): Dataset {
  if (count >= samples.length) return samples;
  return samples.subset(Int32Array.from({ length: count }, (_, i) => i)).dropUnusedSources();
}
