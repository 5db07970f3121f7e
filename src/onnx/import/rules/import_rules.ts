import type { ImportRules } from "../import_step.ts";
import { activationRules } from "./activation_rules.ts";
import { arrangementRules } from "./arrangement_rules.ts";
import { elementwiseRules } from "./elementwise_rules.ts";
import { indexingRules } from "./indexing_rules.ts";
import { matrixRules } from "./matrix_rules.ts";
import { normalizationRules } from "./normalization_rules.ts";
import { reductionRules } from "./reduction_rules.ts";
import { windowRules } from "./window_rules.ts";

/** How each operator of a file is made of ours. */
export const IMPORT_RULES: ImportRules = {
  ...activationRules,
  ...arrangementRules,
  ...elementwiseRules,
  ...indexingRules,
  ...matrixRules,
  ...normalizationRules,
  ...reductionRules,
  ...windowRules,
};
