import { elementAt } from "../core/element_at.ts";
import type { Experience } from "./experience.ts";
import { findOriginNumber } from "./lineage.ts";

/**
 * What the class ids of an experience stand for in it, where ids were counted anew from 0; undefined where ids stand
 * for the same labels everywhere in the data.
 */
export function nameOwnClasses(experience: Experience): readonly string[] | undefined {
  const { classesInThisExperience, joinedFrom = [], originStream } = experience;
  const { classNames, dataClassNames, experienceClassNames } = originStream.labelNames ?? {};
  if (!classNames || !dataClassNames) return undefined;
  const own = joinedFrom.length > 1 ? undefined : experienceClassNames?.[findOriginNumber(experience)];
  return classesInThisExperience.map((id) => elementAt(own ?? classNames, id));
}
