import { needs, RangeRefusal } from "../../core/errors/errors.ts";
import { RandomStream } from "../../core/random_stream.ts";
import { findClassIds } from "../../data/readers/class_names.ts";
import { countClasses } from "./class_counts.ts";
import type { ClassIncrementalOptions } from "./class_incremental_options.ts";

/** The labels of class ids as the data has them, by which an order names them. */
interface KnownLabels {
  readonly labels: readonly string[];
}

/**
 * The class ids of each experience, in the order in which they come.
 * @throws {RangeRefusal} If a class is missing or comes twice, or options contradict each other.
 */
export function assignClasses(options: ClassIncrementalOptions, { labels }: KnownLabels): number[][] {
  const { name, experiences, classesPerExperience, fixedExperienceAssignment: fixed } = options;
  if (fixed) return readAssignment(options, fixed, labels);
  if (options.leaveOutClasses && !options.classOrder) {
    throw new RangeRefusal(`${name}: leaveOutClasses requires classOrder or fixedExperienceAssignment`);
  }
  const order = chooseOrder(options, labels);
  const counts = countClasses({ name, numClasses: order.length, experiences, classesPerExperience });
  let start = 0;
  return counts.map((count) => {
    start += count;
    return order.slice(start - count, start);
  });
}

function readAssignment(
  options: ClassIncrementalOptions,
  given: readonly (readonly number[])[],
  labels: readonly string[],
): number[][] {
  const { name, experiences, classOrder, classesPerExperience, numClasses, classNames = labels } = options;
  const other = classOrder ? "classOrder" : classesPerExperience ? "classesPerExperience" : undefined;
  if (other) throw new RangeRefusal(`${name}: fixedExperienceAssignment says it all, and excludes ${other}`);
  assertLength(name, given, experiences);
  const option = "fixedExperienceAssignment";
  const classes = given.map((list) => readLabels(option, list, { labels, numClasses }));
  assertEachOnce(name, classes.flat(), { option, classNames, isWhole: !options.leaveOutClasses });
  return classes;
}

/** @throws {RangeRefusal} If there are lists for another number of experiences than asked for, or one is empty. */
export function assertLength(
  name: string,
  given: readonly (readonly number[])[],
  experiences: number | undefined = given.length,
): void {
  if (given.length !== experiences) {
    const wanted = `${experiences} lists, as experiences`;
    throw new RangeRefusal(`${name}: fixedExperienceAssignment must have ${wanted}, got ${given.length}`);
  }
  const empty = given.findIndex((list) => list.length === 0);
  if (empty < 0) return;
  throw new RangeRefusal(`${name}: fixedExperienceAssignment must leave no experience empty, got none for ${empty}`);
}

function chooseOrder(options: ClassIncrementalOptions, labels: readonly string[]): readonly number[] {
  const { name, classOrder, numClasses, classNames = labels, seed = 0, shuffle = true } = options;
  if (classOrder) {
    const order = readLabels("classOrder", classOrder, { labels, numClasses });
    assertEachOnce(name, order, { option: "classOrder", classNames, isWhole: !options.leaveOutClasses });
    return order;
  }
  if (shuffle) return Array.from(new RandomStream(seed, "class-order").permutation(labels.length));
  return labels.map((_, id) => id);
}

/** The class ids of labels; where `numClasses` is given, labels are class ids. */
function readLabels(
  option: string,
  given: readonly number[],
  { labels, numClasses }: KnownLabels & Pick<ClassIncrementalOptions, "numClasses">,
): number[] {
  return numClasses === undefined ? findClassIds(option, given, labels) : [...given];
}

/** What an option names, and whether it must name all classes. */
interface NamedClasses {
  readonly option: string;
  readonly classNames: readonly string[];
  readonly isWhole: boolean;
}

function assertEachOnce(name: string, order: readonly number[], { option, classNames, isWhole }: NamedClasses): void {
  const act = `the benchmark ${JSON.stringify(name)}`;
  const seen = new Set<number>();
  for (const id of order) {
    const label = classNames[id];
    if (label === undefined) {
      throw new RangeRefusal(needs(act, `class ids from 0 to ${classNames.length - 1} in ${option}`, id));
    }
    if (seen.has(id)) throw new RangeRefusal(needs(act, `every class once in ${option}`, `${label} twice`));
    seen.add(id);
  }
  const missing = classNames.find((_, id) => !seen.has(id));
  if (missing === undefined || !isWhole) return;
  throw new RangeRefusal(needs(act, `every class once in ${option}`, `none of class ${missing}`));
}
