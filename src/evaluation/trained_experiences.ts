import { findOrCreate } from "../core/find_or_create.ts";
import {
  converted,
  count,
  declareState,
  type Field,
  list,
  mapByName,
  number,
  record,
  text,
} from "../core/state/state.ts";
import type { Experience } from "../streams/experience.ts";
import { type Lineage, listLineage } from "../streams/lineage.ts";
import { NumberRanges } from "./number_ranges.ts";

/** A lineage, as it is. */
export const LINEAGE: Field<Lineage> = list(record({ level: text(), number: number() }));

const RANGES = converted(list(list(count())), {
  create: () => new NumberRanges(),
  save: (ranges: NumberRanges) => ranges.save(),
  restore: (ranges) => new NumberRanges(ranges),
});

/**
 * The experiences that were trained, in any order: what metrics ask about an evaluated one. A test experience was
 * trained once a piece of its counterpart was; pieces are told apart where pieces of the same cut are evaluated.
 */
export class TrainedExperiences {
  /** The numbers on each level, by the levels on which the trained experience stood. */
  readonly #state = declareState("trained experiences", { numbers: mapByName(mapByName(RANGES)) });
  readonly save = this.#state.save;
  readonly restore = this.#state.restore;

  /** An experience, or all that are trained together as one, counts as trained from now on. */
  add(experience: Experience): void {
    const { joinedFrom = [experience] } = experience;
    for (const part of joinedFrom) {
      const lineage = listLineage(part);
      const kind = lineage.map(({ level }) => level).join(" < ");
      const levels = findOrCreate(this.#state.numbers, kind, () => new Map<string, NumberRanges>());
      for (const { level, number: place } of lineage) findOrCreate(levels, level, () => new NumberRanges()).add(place);
    }
  }

  /** True if the experience, or a part of it, or what it is a part of, was trained. */
  has(experience: Experience): boolean {
    const lineage = listLineage(experience);
    return [...this.#state.numbers.values()].some((levels) => {
      const shared = lineage.find(({ level }) => levels.has(level));
      return shared !== undefined && levels.get(shared.level)?.has(shared.number) === true;
    });
  }
}
