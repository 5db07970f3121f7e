import { needs, TypeRefusal } from "../core/errors/errors.ts";
import type { Experience } from "../streams/experience.ts";
import { type Lineage, listLineage } from "../streams/lineage.ts";
import { parseList, parsePairs, parseRecord } from "./metrics/saved_state.ts";
import { NumberRanges } from "./number_ranges.ts";

/**
 * The experiences that were trained, in any order: what metrics ask about an evaluated one. A test experience was
 * trained once a piece of its counterpart was; pieces are told apart where pieces of the same cut are evaluated.
 */
export class TrainedExperiences {
  /** The numbers on each level, by the levels on which the trained experience stood. */
  readonly #numbers = new Map<string, Map<string, NumberRanges>>();

  /** An experience, or all that are trained together as one, counts as trained from now on. */
  add(experience: Experience): void {
    const { joinedFrom = [experience] } = experience;
    for (const part of joinedFrom) {
      const lineage = listLineage(part);
      const kind = lineage.map(({ level }) => level).join(" < ");
      const levels = this.#numbers.get(kind) ?? new Map<string, NumberRanges>();
      this.#numbers.set(kind, levels);
      for (const { level, number } of lineage) {
        const numbers = levels.get(level) ?? new NumberRanges();
        levels.set(level, numbers);
        numbers.add(number);
      }
    }
  }

  /** True if the experience, or a part of it, or what it is a part of, was trained. */
  has(experience: Experience): boolean {
    const lineage = listLineage(experience);
    return [...this.#numbers.values()].some((levels) => {
      const shared = lineage.find(({ level }) => levels.has(level));
      return shared !== undefined && levels.get(shared.level)?.has(shared.number) === true;
    });
  }

  /** Plain data that survives JSON. */
  save(): unknown {
    const kinds = [...this.#numbers].map(([kind, levels]) => [
      kind,
      Object.fromEntries([...levels].map(([level, numbers]) => [level, numbers.save()])),
    ]);
    return Object.fromEntries(kinds);
  }

  /** @throws {TypeError} If `state` is not what `save` gave; the message starts with `act`. */
  restore(act: string, state: unknown): void {
    this.#numbers.clear();
    for (const [kind, levels] of Object.entries(parseRecord(act, state))) {
      const entries = Object.entries(parseRecord(act, levels));
      const ranges = entries.map(([level, saved]) => [level, new NumberRanges(parsePairs(act, saved))] as const);
      this.#numbers.set(kind, new Map(ranges));
    }
  }
}

/**
 * Reads a lineage that was saved as it is; null where there was none.
 * @throws {TypeError} If `state` is something else.
 */
export function parseLineage(act: string, state: unknown): Lineage | null {
  if (state === null) return null;
  return parseList(act, state).map((place) => {
    const { level, number } = parseRecord(act, place);
    if (typeof level !== "string" || typeof number !== "number") {
      throw new TypeRefusal(needs(act, "a level and a number", place));
    }
    return { level, number };
  });
}
