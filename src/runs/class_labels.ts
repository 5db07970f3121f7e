import { elementAt } from "../core/element_at.ts";
import { findOrCreate } from "../core/find_or_create.ts";
import type { ExperienceSummary } from "./summary/run_summary.ts";

/** The labels of class ids that a run's configuration names; undefined where the ids are the labels. */
export function readClassNames(config: unknown): readonly string[] | undefined {
  if (typeof config !== "object" || config === null || !("classNames" in config)) return undefined;
  const { classNames } = config;
  return Array.isArray(classNames) && classNames.every((name) => typeof name === "string") ? classNames : undefined;
}

/** What an experience says of its classes. */
type OwnClasses = Pick<ExperienceSummary, "classes" | "classNames">;

/** The labels of an experience's classes, in the order of its ids. */
export function labelClasses({ classes, classNames: own }: OwnClasses, known: readonly string[] | undefined): string[] {
  return classes.map((id, place) => own?.[place] ?? known?.[id] ?? String(id));
}

/**
 * What each output of a run's model stands for: where experiences count their classes from 0, the labels of all of
 * them, "0/2/4". Undefined where outputs stand for class ids that are labels themselves.
 */
export function labelOutputs(experiences: readonly OwnClasses[], config: unknown): readonly string[] | undefined {
  const known = readClassNames(config);
  if (!experiences.some(({ classNames }) => classNames)) return known;
  const labels = new Map<number, Set<string>>();
  for (const experience of experiences) {
    const own = labelClasses(experience, known);
    for (const [place, id] of experience.classes.entries()) {
      findOrCreate(labels, id, () => new Set<string>()).add(elementAt(own, place));
    }
  }
  const count = 1 + Math.max(-1, ...labels.keys());
  return Array.from({ length: count }, (_, id) => [...(labels.get(id) ?? [String(id)])].join("/"));
}
