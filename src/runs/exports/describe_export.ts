import type { Benchmark, Experience } from "../../streams/experience.ts";
import { findOriginNumber } from "../../streams/lineage.ts";
import { isOnlineExperience } from "../../streams/online_experience.ts";
import { listNames } from "../../streams/stream.ts";
import type { ExperienceSummary } from "../summary/run_summary.ts";

/** What an exported file says of itself. */
export interface ExportLabels {
  /** "ewc:lambda=0.4", say. */
  readonly strategy: string;
  readonly benchmark: string;
}

/** What is known of a model when it is exported. */
export interface ExportFacts {
  readonly benchmark: Pick<Benchmark, "normalization">;
  readonly labels: ExportLabels;
  /** Undefined where it was not measured. */
  readonly accuracy: Pick<ExperienceSummary, "testAccuracy" | "streamAccuracy"> | undefined;
}

/** The metadata of a run's exported file, besides those that `exportStrategy` adds. */
export function describeExport(
  experience: Experience,
  { benchmark, labels, accuracy }: ExportFacts,
): Readonly<Record<string, string>> {
  const { kind } = experience.dataset.targetForm;
  return {
    "firn.experience": String(experience.currentExperience),
    ...(experience.name === undefined ? {} : { "firn.experience_name": experience.name }),
    ...nameTrained(experience),
    ...(kind === "classes" ? { "firn.classes_seen": JSON.stringify(experience.classesSeenSoFar) } : {}),
    "firn.strategy": labels.strategy,
    "firn.benchmark": labels.benchmark,
    "firn.normalization": JSON.stringify(benchmark.normalization),
    ...(accuracy ? { "firn.metrics": JSON.stringify(accuracy) } : {}),
  };
}

/** The names of all experiences up to this one, where they have names. */
function nameTrained(experience: Experience): Readonly<Record<string, string>> {
  const { originStream } = isOnlineExperience(experience) ? experience.originExperience : experience;
  const names = listNames(originStream.slice(0, findOriginNumber(experience) + 1));
  return names ? { "firn.trained_experiences": JSON.stringify(names) } : {};
}
