import { elementAt } from "../core/element_at.ts";
/** The class attributes of one experience; every list ascends. */
export interface ClassView {
  readonly classesInThisExperience: readonly number[];
  readonly previousClasses: readonly number[];
  readonly classesSeenSoFar: readonly number[];
  readonly futureClasses: readonly number[];
}

/** Works out, for a whole stream, which classes each experience brings, has behind it and has yet to come. */
export function createClassTimeline(classes: readonly (readonly number[])[]): ClassView[] {
  const later = createLaterClasses(classes);
  const seen = new Set<number>();
  return classes.map((current, index) => {
    const previousClasses = sortClasses(seen);
    for (const id of current) seen.add(id);
    return {
      classesInThisExperience: sortClasses(current),
      previousClasses,
      classesSeenSoFar: sortClasses(seen),
      futureClasses: elementAt(later, index).filter((id) => !seen.has(id)),
    };
  });
}

/** For every experience the classes of those behind it. */
function createLaterClasses(classes: readonly (readonly number[])[]): number[][] {
  const later = new Set<number>();
  return classes
    .toReversed()
    .map((current) => {
      const list = sortClasses(later);
      for (const id of current) later.add(id);
      return list;
    })
    .reverse();
}

function sortClasses(classes: Iterable<number>): number[] {
  return [...new Set(classes)].sort((a, b) => a - b);
}
