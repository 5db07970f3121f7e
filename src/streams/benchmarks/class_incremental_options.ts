import type { OptionRules } from "../../core/options/assert_options.ts";
import { flag, listOf, number } from "../../core/options/value_rules.ts";
import { CLASSES_PER_EXPERIENCE, type ClassesPerExperience } from "./class_counts.ts";
import { CLASS_ID_OPTIONS, LEAVE_OUT_CLASSES } from "./class_ids.ts";
import { DEALT_RULES, type DealtOptions } from "./dealt_options.ts";

/** How classes are dealt to experiences: where they do not divide evenly, the first ones take one class more. */
export interface ClassIncrementalOptions extends DealtOptions {
  /** Every label once, in the order in which they come. Default: drawn from the random stream "class-order". */
  readonly classOrder?: readonly number[] | undefined;
  /**
   * How many classes each experience holds: [2, 2, 6], or some of them by their number, { 0: 6 }, where the others
   * share the rest evenly. Default: all are dealt evenly.
   */
  readonly classesPerExperience?: ClassesPerExperience | undefined;
  /** The labels of each experience, every label once. Excludes `classOrder` and `classesPerExperience`. */
  readonly fixedExperienceAssignment?: readonly (readonly number[])[] | undefined;
  /**
   * Leaves out the classes that `classOrder` or `fixedExperienceAssignment` does not name, from train and test data.
   * Default: false, all must be named.
   */
  readonly leaveOutClasses?: boolean | undefined;
  /** Experience i carries the task label i; class ids stay as they are. */
  readonly taskLabels?: boolean | undefined;
  /** Class ids are 0, 1, 2 … in the order in which classes come. Default: false. */
  readonly classIdsFromZeroFromFirstExperience?: boolean | undefined;
  /**
   * The classes of each experience have the ids 0, 1, 2 … in the order in which they were dealt; with `taskLabels` they
   * are told apart by task, without they share outputs (domain-incremental). Default: false.
   */
  readonly classIdsFromZeroInEachExperience?: boolean | undefined;
}

/** What `ClassIncrementalOptions` may be. */
export const CLASS_INCREMENTAL_RULES: OptionRules<ClassIncrementalOptions> = {
  ...DEALT_RULES,
  classOrder: listOf(number()),
  classesPerExperience: CLASSES_PER_EXPERIENCE,
  fixedExperienceAssignment: listOf(listOf(number()), 1),
  leaveOutClasses: LEAVE_OUT_CLASSES,
  taskLabels: flag(),
  ...CLASS_ID_OPTIONS,
};
