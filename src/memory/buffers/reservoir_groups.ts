import { elementAt } from "../../core/element_at.ts";
import { assertWholeNumber, needs, RangeRefusal, TypeRefusal } from "../../core/errors/errors.ts";
import type { RandomStream } from "../../core/random_stream.ts";
import type { DataSource } from "../../data/data_source.ts";
import { Dataset } from "../../data/dataset.ts";
import type { BalancedState, BufferState } from "./exemplars_buffer.ts";
import { ReservoirSamplingBuffer } from "./reservoir_sampling_buffer.ts";
import { shareMemory } from "./share_memory.ts";

/** How groups share the memory. */
export interface ReservoirGroupsOptions {
  readonly maxSize: number;
  /** So many groups will come, and each may keep maxSize / totalGroups, rounded down; left out: shares adapt. */
  readonly totalGroups?: number | undefined;
}

/**
 * One reservoir a group within a common bound: the machinery of the balanced buffers. An update costs as much as its
 * samples and the buffer together, however many groups came before; groups without room are forgotten.
 */
export class ReservoirGroups {
  readonly #owner: string;
  #maxSize: number;
  readonly #totalGroups: number | undefined;
  /** In the order in which they came. */
  readonly #groups = new Map<number, ReservoirSamplingBuffer>();
  #groupsSeen = 0;
  #joined: Dataset | undefined;

  /**
   * @param owner The buffer that it is the machinery of, for messages.
   * @throws {RangeError} If `maxSize` is below `totalGroups`.
   */
  constructor(owner: string, { maxSize, totalGroups }: ReservoirGroupsOptions) {
    // One sample a group at least.
    assertWholeNumber(owner, "maxSize", maxSize, totalGroups ?? 1);
    this.#owner = owner;
    this.#maxSize = maxSize;
    this.#totalGroups = totalGroups;
  }

  get maxSize(): number {
    return this.#maxSize;
  }

  /** The reservoirs by group; borrowed. */
  get groups(): ReadonlyMap<number, ReservoirSamplingBuffer> {
    return this.#groups;
  }

  /** How many groups came in, those that got no room included. */
  get groupsSeen(): number {
    return this.#groupsSeen;
  }

  /** All groups' samples, group after group; joined again only after a change. */
  get buffer(): Dataset {
    this.#joined ??= Dataset.concat([...this.#groups.values()].map((group) => group.buffer));
    return this.#joined;
  }

  /**
   * Takes in samples by group, known groups and new ones, then cuts every group to its share.
   * @throws {RangeError} If there are more groups than were announced.
   */
  update(parts: ReadonlyMap<number, Dataset>, random: RandomStream): void {
    const newGroups = [...parts.keys()].filter((group) => !this.#groups.has(group));
    const total = this.#totalGroups;
    if (total !== undefined && this.#groupsSeen + newGroups.length > total) {
      const wanted = `${total} groups, as was announced`;
      throw new RangeRefusal(needs("the balanced buffer", wanted, this.#groupsSeen + newGroups.length));
    }
    this.#groupsSeen += newGroups.length;
    const order = [...this.#groups.keys(), ...newGroups];
    const seen = order.map((group) => (this.#groups.get(group)?.seen ?? 0) + (parts.get(group)?.length ?? 0));
    for (const [index, share] of this.#share(seen).entries()) {
      const group = elementAt(order, index);
      this.#resizeGroup(group, share);
      const part = parts.get(group);
      if (part && share > 0) this.#groups.get(group)?.updateFromDataset(part, random);
    }
    this.#joined = undefined;
  }

  resize(newSize: number): void {
    assertWholeNumber(this.#owner, "newSize", newSize, Math.max(1, this.#totalGroups ?? 1));
    this.#maxSize = newSize;
    const order = [...this.#groups.keys()];
    const shares = this.#share([...this.#groups.values()].map((group) => group.seen));
    for (const [index, group] of order.entries()) this.#resizeGroup(group, elementAt(shares, index));
    this.#joined = undefined;
  }

  save(): BalancedState {
    const groups = [...this.#groups].map(([group, reservoir]) => ({ group, state: reservoir.save() }));
    return { kind: "balanced", maxSize: this.#maxSize, groupsSeen: this.#groupsSeen, groups };
  }

  restore(state: BufferState, sources: ReadonlyMap<string, DataSource>): void {
    if (state.kind !== "balanced") {
      throw new TypeRefusal(needs("the balanced buffer", 'a state of kind "balanced"', state.kind));
    }
    const restored = state.groups.map(({ group, state: groupState }) => {
      const reservoir = new ReservoirSamplingBuffer({ maxSize: 1 });
      reservoir.restore(groupState, sources);
      return { group, reservoir };
    });
    this.#groups.clear();
    for (const { group, reservoir } of restored) this.#groups.set(group, reservoir);
    this.#maxSize = state.maxSize;
    this.#groupsSeen = state.groupsSeen;
    this.#joined = undefined;
  }

  #share(seen: readonly number[]): number[] {
    const total = this.#totalGroups;
    if (total === undefined) return shareMemory(seen, this.#maxSize);
    return seen.map(() => Math.floor(this.#maxSize / total));
  }

  #resizeGroup(group: number, share: number): void {
    const reservoir = this.#groups.get(group);
    if (share === 0) this.#groups.delete(group);
    else if (reservoir) reservoir.resize(share);
    else this.#groups.set(group, new ReservoirSamplingBuffer({ maxSize: share }));
  }
}
