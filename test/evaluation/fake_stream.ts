import { Dataset } from "../../src/data/dataset.ts";
import type { Experience, Stream } from "../../src/streams/experience.ts";

/** A stream of experiences without data; `taskLabels` holds those of each experience, `classes` its classes. */
export function createFakeStream(
  name: string,
  taskLabels: readonly (readonly number[])[],
  classes: readonly (readonly number[])[] = [],
): Stream {
  const experiences: Experience[] = [];
  const stream: Stream = {
    name,
    length: taskLabels.length,
    at(index) {
      const experience = experiences[index];
      if (!experience) throw new RangeError(`no experience ${index}`);
      return experience;
    },
    slice() {
      throw new Error("not needed");
    },
    [Symbol.iterator]: () => experiences[Symbol.iterator](),
  };
  for (const [currentExperience, labels] of taskLabels.entries()) {
    experiences.push({
      dataset: Dataset.empty(),
      currentExperience,
      originStream: stream,
      classesInThisExperience: classes[currentExperience] ?? [],
      previousClasses: [],
      classesSeenSoFar: [],
      futureClasses: [],
      taskLabels: labels,
      taskLabel: labels[0] ?? 0,
    });
  }
  return stream;
}

/** A stream whose experiences all carry the task label 0. */
export function createPlainStream(name: string, length: number): Stream {
  return createFakeStream(
    name,
    Array.from({ length }, () => [0]),
  );
}
