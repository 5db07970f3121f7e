import { elementAt, valueAt } from "../../core/element_at.ts";
import { count, type Field, list, mapById } from "../../core/state/state.ts";
import type { ClassesByTask } from "../../models/growth/growing_head.ts";
import type { Experience } from "../../streams/experience.ts";

/**
 * The classes that an experience stands for, by task label. Where it has several labels, a class counts for those of
 * its own samples.
 */
export function groupClassesByTask(experience: Experience): ClassesByTask {
  const { taskLabels, classesInThisExperience, dataset } = experience;
  const [label, ...others] = taskLabels;
  if (label !== undefined && others.length === 0) return new Map([[label, classesInThisExperience]]);
  const classes = new Map<number, Set<number>>(taskLabels.map((task) => [task, new Set<number>()]));
  for (const [i, id] of dataset.targets.entries()) valueAt(classes, elementAt(dataset.targetsTaskLabels, i)).add(id);
  return new Map([...classes].map(([task, ids]) => [task, [...ids]]));
}

/** The classes of both, each once within its task, those of `first` before the others. */
export function joinClassesByTask(first: ClassesByTask, second: ClassesByTask): ClassesByTask {
  const joined = new Map(first);
  for (const [task, ids] of second) joined.set(task, [...new Set([...(joined.get(task) ?? []), ...ids])]);
  return joined;
}

/** A field of classes by task label. */
export const CLASSES_BY_TASK: Field<ClassesByTask> = mapById(list(count()));
