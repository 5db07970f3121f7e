import { RangeRefusal } from "../core/errors/errors.ts";
import type { Benchmark, Experience, Stream } from "../streams/experience.ts";
import { joinExperiences } from "../streams/joint_experience.ts";
import { isOnlineExperience } from "../streams/online_experience.ts";

/** What a run trains on before it evaluates, exports and reports. */
export interface TrainingUnit {
  /** The experience of the train stream that it stands for, or all of them joined. */
  readonly experience: Experience;
  /** The number of the first experience that it stands for; the last one's is `experience`'s own. */
  readonly first: number;
  /** What is trained on, in order: the experience, or the small ones that were cut from it. */
  readonly parts: TrainingPart;
}

/** Experiences in order, of which the first few can be left out. */
export type TrainingPart = Stream | readonly Experience[];

/** The name of the stream of small experiences that is trained on where there is one. */
export const ONLINE_STREAM = "train_online";

/** True where a run trains on small experiences cut from those of the train stream. */
export function isTrainedOnline({ streams }: Benchmark): boolean {
  return streams.has(ONLINE_STREAM);
}

/**
 * The units of a benchmark: its experiences, or, where it has a stream "train_online", those of their small parts. For
 * a strategy that trains `jointly` there is one, with all of them.
 */
export function* listTrainingUnits(
  benchmark: Benchmark,
  { jointly = false }: { readonly jointly?: boolean } = {},
): Generator<TrainingUnit> {
  const { trainStream, streams } = benchmark;
  const online = streams.get(ONLINE_STREAM);
  if (jointly) yield { experience: joinExperiences([...trainStream]), first: 0, parts: trainStream };
  else if (online) yield* groupByOrigin(online);
  else for (const experience of trainStream) yield createUnit(experience, [experience]);
}

/**
 * A unit that trains earlier experiences once more, joined with its own.
 * @param again Their numbers.
 * @throws {RangeRefusal} If one of them is no earlier experience.
 */
export function joinEarlier(unit: TrainingUnit, again: readonly number[], { trainStream }: Benchmark): TrainingUnit {
  if (again.length === 0) return unit;
  const { experience } = unit;
  const late = again.find((number) => number >= experience.currentExperience);
  if (late !== undefined) {
    throw new RangeRefusal(`again must name experiences below ${experience.currentExperience}, got ${late}`);
  }
  return { ...unit, parts: [joinExperiences([...again.map((number) => trainStream.at(number)), experience])] };
}

/** What is evaluated while experiences are trained: their own part of the validation stream, where there is one. */
export function listValidation({ streams }: Benchmark, first: number, last: number): readonly Stream[] {
  const validation = streams.get("valid");
  return validation ? [validation.slice(first, last + 1)] : [];
}

function* groupByOrigin(online: Stream): Generator<TrainingUnit> {
  for (let start = 0; start < online.length; ) {
    const first = online.at(start);
    const end = start + (isOnlineExperience(first) ? first.subStreamLength : 1);
    const experience = isOnlineExperience(first) ? first.originExperience : first;
    yield createUnit(experience, online.slice(start, end));
    start = end;
  }
}

function createUnit(experience: Experience, parts: TrainingPart): TrainingUnit {
  return { experience, first: experience.currentExperience, parts };
}
