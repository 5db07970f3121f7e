import { elementAt } from "../../core/element_at.ts";
import { describeValue, RangeRefusal } from "../../core/errors/errors.ts";
import { optional } from "../../core/options/option_schema.ts";
import { either, listOf, recordOf, wholeNumber } from "../../core/options/value_rules.ts";

/** How many classes experiences hold: all of them in order, or some by their number. */
export type ClassesPerExperience = readonly number[] | Readonly<Record<number, number>>;

/** The option of every benchmark that deals classes. */
export const CLASSES_PER_EXPERIENCE = optional(
  either(listOf(wholeNumber(1), 1), recordOf(wholeNumber(1))),
  "classes that each experience holds, or some do: 0:4 for the first; the rest is dealt evenly",
);

/** What the counts are worked out from. */
export interface CountOptions {
  /** What messages begin with. */
  readonly name: string;
  readonly numClasses: number;
  /** How many experiences; left out, as many as there are counts in a list, else 5. */
  readonly experiences?: number | undefined;
  /** Default: the classes are dealt evenly, the first experiences take one more where they do not divide. */
  readonly classesPerExperience?: ClassesPerExperience | undefined;
}

/** How many experiences there are where nothing says so. */
export const DEFAULT_EXPERIENCES = 5;

/**
 * How many classes each experience holds; they add up to all classes.
 * @throws {RangeRefusal} If the counts do not fit the number of classes or of experiences.
 */
export function countClasses({ name, numClasses, ...options }: CountOptions): number[] {
  const { classesPerExperience: given = {} } = options;
  const { experiences = isList(given) ? given.length : DEFAULT_EXPERIENCES } = options;
  if (isList(given) && given.length !== experiences) {
    const wanted = `${experiences} numbers, as experiences`;
    throw new RangeRefusal(`${name}: classesPerExperience must have ${wanted}, got ${given.length}`);
  }
  const fixed = new Map(
    Object.entries(given).map(([place, count]) => [readPlace(place, { name, experiences }), count]),
  );
  const taken = [...fixed.values()].reduce((sum, count) => sum + count, 0);
  const others = experiences - fixed.size;
  const left = numClasses - taken;
  if (others === 0 && left !== 0) {
    throw new RangeRefusal(`${name}: classesPerExperience must add up to the ${numClasses} classes, got ${taken}`);
  }
  if (left < others && fixed.size === 0) {
    throw new RangeRefusal(`${name}: experiences must be at most ${numClasses}, a class each, got ${experiences}`);
  }
  if (left < others) {
    const wanted = `at most ${numClasses - others} of ${numClasses} classes, which leaves one to each other experience`;
    throw new RangeRefusal(`${name}: classesPerExperience must give away ${wanted}, got ${taken}`);
  }
  const even = shareEvenly(left, others);
  let next = 0;
  return Array.from({ length: experiences }, (_, place) => fixed.get(place) ?? elementAt(even, next++));
}

/** `count` things in `shares` parts; the first ones are one larger where they do not divide. */
export function shareEvenly(count: number, shares: number): number[] {
  return Array.from({ length: shares }, (_, place) => Math.floor(count / shares) + (place < count % shares ? 1 : 0));
}

function isList(counts: ClassesPerExperience): counts is readonly number[] {
  return Array.isArray(counts);
}

function readPlace(
  text: string,
  { name, experiences }: { readonly name: string; readonly experiences: number },
): number {
  const place = /^\d+$/.test(text) ? Number(text) : -1;
  if (place >= 0 && place < experiences) return place;
  const wanted = `name experiences from 0 to ${experiences - 1}`;
  throw new RangeRefusal(`${name}: classesPerExperience must ${wanted}, got ${describeValue(text)}`);
}
