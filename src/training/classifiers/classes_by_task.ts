import type { ClassesByTask } from "../../models/growing_head.ts";
import type { Experience } from "../../streams/experience.ts";

/**
 * The classes that an experience stands for, by task label. Where it has several labels, a class counts for those of
 * its own samples.
 */
export function groupClassesByTask(experience: Experience): ClassesByTask {
  const { taskLabels, classesInThisExperience, dataset } = experience;
  const [label = 0, ...others] = taskLabels;
  if (others.length === 0) return new Map([[label, classesInThisExperience]]);
  const classes = new Map<number, Set<number>>(taskLabels.map((task) => [task, new Set<number>()]));
  for (const [i, id] of dataset.targets.entries()) classes.get(dataset.targetsTaskLabels[i] ?? -1)?.add(id);
  return new Map([...classes].map(([task, ids]) => [task, [...ids]]));
}
