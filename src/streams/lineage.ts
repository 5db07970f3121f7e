import type { Experience } from "./experience.ts";
import { isOnlineExperience } from "./online_experience.ts";

/** Where an experience stands on one level of cutting. */
export interface Place {
  /** "dealt" for experiences as a benchmark deals them, "cut" for pieces of `experienceSize`, else an online stream. */
  readonly level: string;
  readonly number: number;
}

/**
 * An experience's own place, then that of the experience it was cut from, and so on to an experience as the benchmark
 * dealt it. Plain data.
 */
export type Lineage = readonly Place[];

/** The places of an experience, its own first. */
export function listLineage(experience: Experience): Lineage {
  const { currentExperience: number, cutFrom, originStream } = experience;
  if (isOnlineExperience(experience)) {
    return [{ level: `pieces of ${originStream.name}`, number }, ...listLineage(experience.originExperience)];
  }
  if (cutFrom === undefined) return [{ level: "dealt", number }];
  return [
    { level: "cut", number },
    { level: "dealt", number: cutFrom },
  ];
}

/**
 * The number of the experience that a piece was cut from in the end, as the benchmark dealt it: the one that the test
 * stream's experiences are numbered by. An experience that is whole has its own number.
 * @example
 * const trainedExperiences = [...benchmark.trainStream].map(findOriginNumber);
 * summarizeAccuracyMatrix(matrix, { trainedExperiences });
 */
export function findOriginNumber(experience: Experience): number {
  return listLineage(experience).at(-1)?.number ?? experience.currentExperience;
}

/**
 * The places of `a` and `b` on the finest level that both have: a piece and a test experience meet on the level of what
 * was dealt, two pieces of one stream on that of the pieces. Undefined where they have none in common.
 */
export function findSharedPlaces(a: Lineage, b: Lineage): readonly [Place, Place] | undefined {
  for (const own of a) {
    const other = b.find(({ level }) => level === own.level);
    if (other) return [own, other];
  }
  return undefined;
}

/** True where both stand at one place on the finest level that both have. */
export function isSameExperience(a: Lineage, b: Lineage): boolean {
  const [own, other] = findSharedPlaces(a, b) ?? [];
  return own !== undefined && own.number === other?.number;
}

/**
 * True where training goes on with another piece of the experience that was trained before, for who sees experiences on
 * these levels. What is no piece to them begins anew, also when it is trained again.
 */
export function continuesExperience(previous: Lineage, next: Lineage, levels: readonly string[]): boolean {
  const isSeen = ({ level }: Place) => levels.includes(level);
  const [before, after] = [previous.findIndex(isSeen), next.findIndex(isSeen)];
  const [old, now] = [previous[before], next[after]];
  return before > 0 && after > 0 && old?.level === now?.level && old?.number === now?.number;
}
