import type { Benchmark, Experience, Stream } from "../streams/experience.ts";
import { isOnlineExperience } from "../streams/online_experience.ts";

/** What a run trains on before it evaluates, exports and reports. */
export interface TrainingUnit {
  /** The experience of the train stream that it stands for. */
  readonly experience: Experience;
  /** What is trained on, in order: the experience, or the small ones that were cut from it. */
  readonly parts: Iterable<Experience>;
}

const ONLINE_STREAM = "train_online";

/** True where a run trains on small experiences cut from those of the train stream. */
export function isTrainedOnline({ streams }: Benchmark): boolean {
  return streams.has(ONLINE_STREAM);
}

/** The units of a benchmark: its experiences, or, where it has a stream "train_online", those of their small parts. */
export function* listTrainingUnits(benchmark: Benchmark): Generator<TrainingUnit> {
  const online = benchmark.streams.get(ONLINE_STREAM);
  if (online) yield* groupByOrigin(online);
  else for (const experience of benchmark.trainStream) yield { experience, parts: [experience] };
}

function* groupByOrigin(online: Stream): Generator<TrainingUnit> {
  for (let start = 0; start < online.length; ) {
    const first = online.at(start);
    const end = start + (isOnlineExperience(first) ? first.subStreamLength : 1);
    const experience = isOnlineExperience(first) ? first.originExperience : first;
    yield { experience, parts: online.slice(start, end) };
    start = end;
  }
}
