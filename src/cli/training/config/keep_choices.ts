import { areClassIds } from "../../../data/readers/class_names.ts";
import type { KeptModel } from "../../../runs/models/kept_model.ts";
import type { NamedChoice } from "../../../runs/run_config.ts";
import { readTargetForm } from "../../../streams/benchmark_targets.ts";
import type { Benchmark } from "../../../streams/experience.ts";
import { listNames } from "../../../streams/stream.ts";
import type { TrainConfig } from "./train_config.ts";

/** What is known of a run once its benchmark is there. */
interface SettledChoices {
  readonly benchmark: Benchmark;
  readonly start: KeptModel | undefined;
  readonly criterion: NamedChoice | undefined;
}

/**
 * Names of experiences and of targets, labels of classes unless they are the class ids themselves, the criterion unless
 * it is plain cross-entropy, and the model that the run begins with belong to what decides a run.
 */
export function keepChoices(given: TrainConfig, { benchmark, start, criterion }: SettledChoices): TrainConfig {
  const { criterion: _, ...config } = given;
  const { dataClassNames: classNames = benchmark.classNames } = benchmark;
  const experienceNames = listNames(benchmark.testStream);
  const { names: targetNames } = readTargetForm(benchmark);
  return {
    ...config,
    ...(criterion ? { criterion } : {}),
    ...(start ? { startParametersHash: start.parametersHash } : {}),
    ...(experienceNames ? { experienceNames } : {}),
    ...(areClassIds(classNames) ? {} : { classNames }),
    ...(targetNames ? { targetNames } : {}),
  };
}
