import { assertOneOf, needs, RangeRefusal } from "../../core/errors/errors.ts";
import { splitOptions } from "../../core/options/split_options.ts";
import type { Benchmark } from "../experience.ts";
import { createClassIncrementalBenchmark } from "./class_incremental.ts";
import { CLASS_INCREMENTAL_RULES, type ClassIncrementalOptions } from "./class_incremental_options.ts";
import { DEALT_SCENARIOS, type DealtScenario } from "./image_options.ts";
import { createNewInstancesBenchmark } from "./new_instances.ts";
import { NEW_INSTANCES_RULES } from "./new_instances_options.ts";

/** What is dealt to experiences: classes, or samples of all of them. */
export interface DealOptions extends ClassIncrementalOptions {
  /** Default: "class-incremental". */
  readonly scenario?: DealtScenario | undefined;
  /** Where samples are dealt: every experience gets the same share of each class. Default: false. */
  readonly balanced?: boolean | undefined;
  /** Where samples are dealt: how many of each class every experience gets at least. Default: 0. */
  readonly minClassPatternsInExperience?: number | undefined;
}

/**
 * Deals one train and one test set to experiences, by class or by sample.
 * @throws {RangeError} If there is no such scenario, an option is out of range, or says something of classes where
 * samples are dealt.
 */
export function dealDatasets({ scenario = "class-incremental", ...options }: DealOptions): Benchmark {
  const act = `the benchmark ${JSON.stringify(options.name)}`;
  if (scenario === "class-incremental") {
    if (options.balanced) throw new RangeRefusal(needs(act, "scenario=new-instances beside balanced", scenario));
    const { minClassPatternsInExperience: least = 0 } = options;
    if (least > 0) {
      throw new RangeRefusal(needs(act, "scenario=new-instances beside minClassPatternsInExperience", scenario));
    }
    return createClassIncrementalBenchmark(splitOptions(options, CLASS_INCREMENTAL_RULES)[0]);
  }
  assertOneOf(options.name, "scenario", scenario, DEALT_SCENARIOS);
  const { classOrder, classesPerExperience, taskLabels = false } = options;
  if (classOrder) throw new RangeRefusal(needs(act, "no classOrder where samples are dealt", classOrder));
  if (options.leaveOutClasses) throw new RangeRefusal(needs(act, "no leaveOutClasses where samples are dealt", true));
  if (classesPerExperience) {
    throw new RangeRefusal(needs(act, "no classesPerExperience where samples are dealt", classesPerExperience));
  }
  const { classIdsFromZeroFromFirstExperience: fromFirst, classIdsFromZeroInEachExperience: inEach } = options;
  if (fromFirst || inEach) {
    const option = `classIdsFromZero${fromFirst ? "FromFirst" : "InEach"}Experience`;
    throw new RangeRefusal(needs(act, `no ${option} where samples are dealt`, true));
  }
  if (taskLabels) throw new RangeRefusal(needs(act, "no taskLabels where one test experience stands for all", true));
  return createNewInstancesBenchmark(splitOptions(options, NEW_INSTANCES_RULES)[0]);
}
