import type { Experience } from "../streams/experience.ts";
import type { EvaluatedStrategy } from "./evaluated_strategy.ts";

/** The parts of a metric's name. */
export interface MetricKeyParts {
  /** "Top1_Acc_Stream", say. */
  readonly name: string;
  readonly phase: "train" | "eval";
  readonly streamName: string;
  /** Left out of the key where undefined. */
  readonly taskLabel?: number | undefined;
  /** Left out of the key where undefined. */
  readonly experience?: number | undefined;
}

/** Spells a key as Avalanche does: `{name}/{phase}_phase/{stream}_stream[/Task000][/Exp000]`. */
export function createMetricKey({ name, phase, streamName, taskLabel, experience }: MetricKeyParts): string {
  let key = `${name}/${phase}_phase/${streamName}_stream`;
  if (taskLabel !== undefined) key += `/Task${padNumber(taskLabel)}`;
  if (experience !== undefined) key += `/Exp${padNumber(experience)}`;
  return key;
}

/** The key of a metric of the experience that the strategy works on; `withExperience` adds its number. */
export function createExperienceKey(
  name: string,
  strategy: EvaluatedStrategy,
  { withExperience }: { readonly withExperience: boolean },
): string {
  const { experience } = strategy;
  return createMetricKey({
    name,
    phase: strategy.isTraining ? "train" : "eval",
    streamName: experience.originStream.name,
    taskLabel: findSharedTaskLabel([experience]),
    experience: withExperience ? experience.currentExperience : undefined,
  });
}

/**
 * The key of a metric over all evaluated experiences. It names a task only where they all share one, unless
 * `lastTaskLabel` asks for Avalanche's habit: the label of the experience evaluated last.
 */
export function createStreamKey(
  name: string,
  strategy: EvaluatedStrategy,
  { lastTaskLabel }: { readonly lastTaskLabel: boolean },
): string {
  const { experience, isTraining } = strategy;
  const measured = isTraining || lastTaskLabel ? [experience] : strategy.currentEvalStream;
  return createMetricKey({
    name,
    phase: isTraining ? "train" : "eval",
    streamName: experience.originStream.name,
    taskLabel: findSharedTaskLabel(measured),
  });
}

/** The one task label of all samples of these experiences; undefined where there are several or none. */
export function findSharedTaskLabel(experiences: readonly Experience[]): number | undefined {
  const shared = experiences[0]?.taskLabels[0];
  const isShared = experiences.every(({ taskLabels }) => taskLabels.length === 1 && taskLabels[0] === shared);
  return isShared ? shared : undefined;
}

function padNumber(value: number): string {
  return String(value).padStart(3, "0");
}
