import type { OptionRules } from "../../core/options/assert_options.ts";
import { flag, listOf, wholeNumber } from "../../core/options/value_rules.ts";
import { DEALT_RULES, type DealtOptions } from "./dealt_options.ts";

/** How samples are dealt to experiences. */
export interface NewInstancesOptions extends DealtOptions {
  /** Every experience gets the same share of each class, to one sample. Default: false, shares are left to chance. */
  readonly balanced?: boolean | undefined;
  /** How many samples of each class every experience gets at least. Default: 0. */
  readonly minClassPatternsInExperience?: number | undefined;
  /**
   * The places of each experience's samples in `train`, from 0, none of them twice; samples that no list has are left
   * out. Excludes `balanced` and `minClassPatternsInExperience`.
   */
  readonly fixedExperienceAssignment?: readonly (readonly number[])[] | undefined;
}

/** What `NewInstancesOptions` may be. */
export const NEW_INSTANCES_RULES: OptionRules<NewInstancesOptions> = {
  ...DEALT_RULES,
  balanced: flag(),
  minClassPatternsInExperience: wholeNumber(),
  fixedExperienceAssignment: listOf(listOf(wholeNumber()), 1),
};
