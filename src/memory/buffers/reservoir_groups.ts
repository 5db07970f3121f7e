import { elementAt } from "../../core/element_at.ts";
import { assertWholeNumber, needs, RangeRefusal } from "../../core/errors/errors.ts";
import type { RandomStream } from "../../core/random_stream.ts";
import { count, declareState, kind, made, mapById } from "../../core/state/state.ts";
import { Dataset } from "../../data/dataset.ts";
import { ReservoirSamplingBuffer } from "./reservoir_sampling_buffer.ts";
import { shareMemory } from "./share_memory.ts";

/** How groups share the memory. */
export interface ReservoirGroupsOptions {
  readonly maxSize: number;
  /** So many groups will come, and each may keep maxSize / totalGroups, rounded down. Default: shares adapt. */
  readonly totalGroups?: number | undefined;
}

/**
 * One reservoir a group within a common bound: the machinery of the balanced buffers. An update costs as much as its
 * samples and the buffer together, however many groups came before; groups without room are forgotten.
 */
export class ReservoirGroups {
  readonly #owner: string;
  readonly #totalGroups: number | undefined;
  readonly #state = declareState(
    "a balanced buffer",
    {
      kind: kind("balanced"),
      maxSize: count(),
      groupsSeen: count(),
      /** In the order in which they came. */
      groups: mapById(made(() => new ReservoirSamplingBuffer({ maxSize: 1 }))),
    },
    {
      restored: () => {
        this.#joined = undefined;
      },
    },
  );
  readonly save = this.#state.save;
  readonly restore = this.#state.restore;
  #joined: Dataset | undefined;

  /**
   * @param owner The buffer that it is the machinery of, for messages.
   * @throws {RangeError} If `maxSize` is below `totalGroups`.
   */
  constructor(owner: string, { maxSize, totalGroups }: ReservoirGroupsOptions) {
    // One sample a group at least.
    assertWholeNumber(owner, "maxSize", maxSize, totalGroups ?? 1);
    this.#owner = owner;
    this.#state.maxSize = maxSize;
    this.#totalGroups = totalGroups;
  }

  get maxSize(): number {
    return this.#state.maxSize;
  }

  /** The reservoirs by group; borrowed. */
  get groups(): ReadonlyMap<number, ReservoirSamplingBuffer> {
    return this.#state.groups;
  }

  /** How many groups came in, those that got no room included. */
  get groupsSeen(): number {
    return this.#state.groupsSeen;
  }

  /** All groups' samples, group after group; joined again only after a change. */
  get buffer(): Dataset {
    this.#joined ??= Dataset.concat([...this.#state.groups.values()].map((group) => group.buffer));
    return this.#joined;
  }

  /**
   * Takes in samples by group, known groups and new ones, then cuts every group to its share.
   * @throws {RangeError} If there are more groups than were announced.
   */
  update(parts: ReadonlyMap<number, Dataset>, random: RandomStream): void {
    const newGroups = [...parts.keys()].filter((group) => !this.#state.groups.has(group));
    const total = this.#totalGroups;
    if (total !== undefined && this.#state.groupsSeen + newGroups.length > total) {
      const wanted = `${total} groups, as was announced`;
      throw new RangeRefusal(needs("the balanced buffer", wanted, this.#state.groupsSeen + newGroups.length));
    }
    this.#state.groupsSeen += newGroups.length;
    const order = [...this.#state.groups.keys(), ...newGroups];
    const seen = order.map((group) => (this.#state.groups.get(group)?.seen ?? 0) + (parts.get(group)?.length ?? 0));
    for (const [index, share] of this.#share(seen).entries()) {
      const group = elementAt(order, index);
      this.#resizeGroup(group, share);
      const part = parts.get(group);
      if (part && share > 0) this.#state.groups.get(group)?.updateFromDataset(part, random);
    }
    this.#joined = undefined;
  }

  resize(newSize: number): void {
    assertWholeNumber(this.#owner, "newSize", newSize, Math.max(1, this.#totalGroups ?? 1));
    this.#state.maxSize = newSize;
    const order = [...this.#state.groups.keys()];
    const shares = this.#share([...this.#state.groups.values()].map((group) => group.seen));
    for (const [index, group] of order.entries()) this.#resizeGroup(group, elementAt(shares, index));
    this.#joined = undefined;
  }

  #share(seen: readonly number[]): number[] {
    const total = this.#totalGroups;
    if (total === undefined) return shareMemory(seen, this.#state.maxSize);
    return seen.map(() => Math.floor(this.#state.maxSize / total));
  }

  #resizeGroup(group: number, share: number): void {
    const reservoir = this.#state.groups.get(group);
    if (share === 0) this.#state.groups.delete(group);
    else if (reservoir) reservoir.resize(share);
    else this.#state.groups.set(group, new ReservoirSamplingBuffer({ maxSize: share }));
  }
}
