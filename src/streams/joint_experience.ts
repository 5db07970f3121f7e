import { needs, RangeRefusal } from "../core/errors/errors.ts";
import { Dataset } from "../data/dataset.ts";
import type { Experience } from "./experience.ts";
import { findOriginNumber } from "./lineage.ts";
import { createExperience } from "./stream.ts";

/**
 * Several experiences as one: the samples of all, one after another, and all their classes. It carries the number and
 * the stream of the latest, and what came before the earliest lies before it.
 * @throws {RangeError} If there is none.
 */
export function joinExperiences(experiences: readonly Experience[]): Experience {
  const ordered = [...experiences].sort((a, b) => a.currentExperience - b.currentExperience);
  const [earliest, latest] = [ordered[0], ordered.at(-1)];
  if (!earliest || !latest) throw new RangeRefusal(needs("a joint experience", "at least one", 0));
  const { currentExperience, originStream } = latest;
  const cutFrom = findOriginNumber(latest);
  const dataset = Dataset.concat(experiences.map((experience) => experience.dataset));
  const current = new Set(experiences.flatMap(({ classesInThisExperience }) => classesInThisExperience));
  const { previousClasses } = earliest;
  return createExperience(
    {
      dataset,
      currentExperience,
      ...(cutFrom === currentExperience ? {} : { cutFrom }),
      joinedFrom: ordered,
      originStream,
    },
    {
      classesInThisExperience: sortNumbers(current),
      previousClasses,
      classesSeenSoFar: sortNumbers(new Set([...previousClasses, ...current])),
      futureClasses: latest.futureClasses.filter((id) => !current.has(id)),
    },
  );
}

function sortNumbers(numbers: Iterable<number>): number[] {
  return [...numbers].sort((a, b) => a - b);
}
