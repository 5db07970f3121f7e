import { elementAt } from "../../core/element_at.ts";
import { RangeRefusal } from "../../core/errors/errors.ts";
import { withDefault } from "../../core/options/option_schema.ts";
import { flag } from "../../core/options/value_rules.ts";
import type { LabelNames } from "../experience.ts";

/** Whether all classes must be dealt. */
export const LEAVE_OUT_CLASSES = withDefault(flag(), false, "leaves out the classes that classOrder does not name");

/** How classes are numbered where they are dealt. */
export const CLASS_ID_OPTIONS = {
  classIdsFromZeroFromFirstExperience: withDefault(
    flag(),
    false,
    "numbers classes 0, 1, 2 … in the order in which they come",
  ),
  classIdsFromZeroInEachExperience: withDefault(
    flag(),
    false,
    "numbers the classes of each experience from 0; with taskLabels=true for a head a task",
  ),
};

/** What each class id of the data becomes, and what the new ids stand for. */
export interface ClassIds extends Omit<LabelNames, "taskNames"> {
  readonly idOf: ReadonlyMap<number, number>;
}

/** How they are chosen. */
export interface ClassIdChoice {
  readonly name: string;
  readonly classIdsFromZeroFromFirstExperience?: boolean | undefined;
  readonly classIdsFromZeroInEachExperience?: boolean | undefined;
}

/**
 * New ids for classes that were dealt to experiences; undefined where they keep theirs.
 * @param classes The class ids of each experience, in the order in which they come.
 * @param labels The label of each class id.
 * @throws {RangeRefusal} If both ways are asked for.
 */
export function renumberDealt(
  choice: ClassIdChoice,
  classes: readonly (readonly number[])[],
  labels: readonly string[],
): ClassIds | undefined {
  const { name, classIdsFromZeroFromFirstExperience: fromFirst, classIdsFromZeroInEachExperience: inEach } = choice;
  if (fromFirst && inEach) {
    const both = "classIdsFromZeroFromFirstExperience and classIdsFromZeroInEachExperience";
    throw new RangeRefusal(`${name}: ${both} exclude each other`);
  }
  if (!fromFirst && !inEach) return undefined;
  const nameEach = (ids: readonly number[]) => ids.map((id) => elementAt(labels, id));
  if (fromFirst) {
    const order = classes.flat();
    return { idOf: invert(order), classNames: nameEach(order), dataClassNames: labels };
  }
  const experienceClassNames = classes.map(nameEach);
  return {
    idOf: new Map(classes.flatMap((ids) => [...invert(ids)])),
    classNames: joinClassNames(experienceClassNames),
    dataClassNames: labels,
    experienceClassNames,
  };
}

/** What each class id stands for over all experiences: "0/2/4" where it is the first class of three. */
function joinClassNames(experiences: readonly (readonly string[])[]): string[] {
  const count = Math.max(0, ...experiences.map(({ length }) => length));
  return Array.from({ length: count }, (_, id) => experiences.flatMap((names) => names[id] ?? []).join("/"));
}

/** The place of each id in a list. */
function invert(ids: readonly number[]): Map<number, number> {
  return new Map(ids.map((id, place) => [id, place]));
}
