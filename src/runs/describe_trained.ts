import { omitUndefined } from "../core/options/omit_undefined.ts";
import type { Experience } from "../streams/experience.ts";
import { nameOwnClasses } from "../streams/own_class_names.ts";

/** What a run's summary says of an experience, whatever came of it. */
export function describeTrained(experience: Experience) {
  const { currentExperience: index, name, cutFrom, classesInThisExperience: classes, dataset } = experience;
  const labelled = { classes, ...omitUndefined({ classNames: nameOwnClasses(experience) }) };
  return { index, ...omitUndefined({ name, cutFrom }), ...labelled, examples: dataset.length };
}
