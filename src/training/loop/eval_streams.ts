import { describeValue, TypeRefusal } from "../../core/errors/errors.ts";
import { Dataset } from "../../data/dataset.ts";
import type { Experience } from "../../streams/experience.ts";

/** One experience, or several in order: a stream, a list. */
export type Experiences = Experience | Iterable<Experience>;

/** What is evaluated while training: each element is evaluated by a call of its own. */
export type EvalStreams = readonly Experiences[];

/**
 * The experiences in order, one or many.
 * @param call For messages: what they were given to.
 * @throws {TypeRefusal} If they are something else, with what to write instead.
 */
export function listExperiences(experiences: Experiences, call: string): Experience[] {
  return [...iterateExperiences(experiences, call)];
}

/** What `train` goes through, and what it evaluates meanwhile. */
export interface TrainingSchedule {
  readonly trained: Iterable<Experience>;
  /** Whether `trained` can be gone through more than once. */
  readonly isRepeatable: boolean;
  /** Each group is evaluated by a call of its own. */
  readonly evalGroups: readonly (readonly Experience[])[];
}

/**
 * Decides what is evaluated while training: the streams given, or, where nothing was given, what is being trained, by
 * stream. Whatever is evaluated is listed once, as it is needed again and may be an iterator; a stream that is only
 * trained on stays lazy.
 * @throws {TypeRefusal} If something else than experiences was given, with what to write instead.
 */
export function scheduleTraining(
  experiences: Experiences,
  { evalStreams, isEvaluated }: { readonly evalStreams: EvalStreams | undefined; readonly isEvaluated: boolean },
): TrainingSchedule {
  const evalGroups = listGroups(evalStreams);
  if (isEvaluated && !evalStreams) {
    const trained = listExperiences(experiences, "train()");
    return { trained, isRepeatable: true, evalGroups: groupByStream(trained) };
  }
  const trained = iterateExperiences(experiences, "train()");
  const isRepeatable = Array.isArray(trained) || "at" in experiences;
  return { trained, isRepeatable, evalGroups: isEvaluated ? evalGroups.filter((group) => group.length > 0) : [] };
}

/** How many samples they have together. */
export function countSamples(experiences: readonly Experience[]): number {
  return experiences.reduce((count, { dataset }) => count + dataset.length, 0);
}

/** The experiences by the name of their stream, in the order of their first. */
export function groupByStream(experiences: readonly Experience[]): Experience[][] {
  const groups = new Map<string, Experience[]>();
  for (const experience of experiences) {
    const { name } = experience.originStream;
    groups.set(name, [...(groups.get(name) ?? []), experience]);
  }
  return [...groups.values()];
}

function listGroups(evalStreams: EvalStreams = []): Experience[][] {
  if (!Array.isArray(evalStreams)) {
    throw new TypeRefusal("evalStreams is a list of streams: write evalStreams: [stream]");
  }
  return evalStreams.map((stream) => listExperiences(stream, "evalStreams"));
}

/** One by one as they are asked for; what is given is looked at now. */
function iterateExperiences(given: Experiences, call: string): Iterable<Experience> {
  if (isExperience(given)) return [given];
  if (Array.isArray(given)) return [...checkEach(given, call)];
  if (isObject(given) && Symbol.iterator in given) {
    return { [Symbol.iterator]: () => checkEach(given, call)[Symbol.iterator]() };
  }
  throw new TypeRefusal(`${call} takes an experience or a stream, got ${describeGiven(given)}`);
}

function* checkEach(experiences: Iterable<unknown>, call: string): Iterable<Experience> {
  for (const experience of experiences) {
    if (!isExperience(experience)) {
      throw new TypeRefusal(
        `${call} takes a stream or a list of experiences, which holds ${describeGiven(experience)}`,
      );
    }
    yield experience;
  }
}

function describeGiven(given: unknown): string {
  if (given === undefined) {
    return "undefined: write stream.at(0) instead of stream[0], and `await` before what makes a benchmark";
  }
  if (!isObject(given)) return describeValue(given);
  if ("then" in given) return "a promise: write `await` before what gives it";
  if (given instanceof Dataset) {
    return "a data set: make a benchmark with createDatasetBenchmark and take its trainStream or testStream";
  }
  if ("trainStream" in given) return "a benchmark: take its trainStream or testStream";
  if (Symbol.iterator in given) return "a stream or another list: give the stream itself";
  return describeValue(given);
}

function isExperience(given: unknown): given is Experience {
  return isObject(given) && "dataset" in given && "currentExperience" in given;
}

function isObject(given: unknown): given is object {
  return typeof given === "object" && given !== null;
}
