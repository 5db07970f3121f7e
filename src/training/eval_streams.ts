import type { Experience } from "../streams/experience.ts";

/** One experience, or several in order: a stream, a list. */
export type Experiences = Experience | Iterable<Experience>;

/** What is evaluated while training: each element is evaluated by a call of its own. */
export type EvalStreams = readonly Experiences[];

/** The experiences in order, one or many. */
export function listExperiences(experiences: Experiences): Experience[] {
  return isIterable(experiences) ? [...experiences] : [experiences];
}

/** What `train` goes through, and what it evaluates meanwhile. */
export interface TrainingSchedule {
  readonly trained: Iterable<Experience>;
  /** Each group is evaluated by a call of its own. */
  readonly evalGroups: readonly (readonly Experience[])[];
}

/**
 * Decides what is evaluated while training: the streams given, or, where nothing was given, what is being trained, by
 * stream. Whatever is evaluated is listed once, as it is needed again and may be an iterator; a stream that is only
 * trained on stays lazy.
 */
export function scheduleTraining(
  experiences: Experiences,
  { evalStreams, isEvaluated }: { readonly evalStreams: EvalStreams | undefined; readonly isEvaluated: boolean },
): TrainingSchedule {
  if (isEvaluated && !evalStreams) {
    const trained = listExperiences(experiences);
    return { trained, evalGroups: groupByStream(trained) };
  }
  const evalGroups = isEvaluated ? (evalStreams ?? []).map(listExperiences) : [];
  return {
    trained: isIterable(experiences) ? experiences : [experiences],
    evalGroups: evalGroups.filter((group) => group.length > 0),
  };
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

function isIterable(experiences: Experiences): experiences is Iterable<Experience> {
  return Symbol.iterator in experiences;
}
