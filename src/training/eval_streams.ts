import type { Experience } from "../streams/experience.ts";

/** One experience, or several in order: a stream, a list. */
export type Experiences = Experience | Iterable<Experience>;

/** What is evaluated while training: each element is evaluated by a call of its own. */
export type EvalStreams = readonly Experiences[];

/** The experiences in order, one or many. */
export function listExperiences(experiences: Experiences): Experience[] {
  return isIterable(experiences) ? [...experiences] : [experiences];
}

/** Groups for periodic evaluation: as given, or, where nothing was given, what is being trained, by stream. */
export function groupEvalStreams(evalStreams: EvalStreams | undefined, trained: readonly Experience[]): Experience[][] {
  if (evalStreams) return evalStreams.map(listExperiences).filter((group) => group.length > 0);
  const groups = new Map<string, Experience[]>();
  for (const experience of trained) {
    const { name } = experience.originStream;
    groups.set(name, [...(groups.get(name) ?? []), experience]);
  }
  return [...groups.values()];
}

function isIterable(experiences: Experiences): experiences is Iterable<Experience> {
  return Symbol.iterator in experiences;
}
