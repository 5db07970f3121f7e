import type { ImportRules } from "../import_step.ts";
import { activationRules } from "./activation_rules.ts";
import { arrangementRules } from "./arrangement_rules.ts";
import { attentionRules } from "./attention_rules.ts";
import { batchNormalizationRules } from "./batch_normalization_rule.ts";
import { einsumRules } from "./einsum_rule.ts";
import { elementwiseRules } from "./elementwise_rules.ts";
import { indexingRules } from "./indexing_rules.ts";
import { logicRules } from "./logic_rules.ts";
import { matrixRules } from "./matrix_rules.ts";
import { normalizationRules } from "./normalization_rules.ts";
import { padRules } from "./pad_rule.ts";
import { recurrentRules } from "./recurrent_rules.ts";
import { reductionRules } from "./reduction_rules.ts";
import { resizeRules } from "./resize_rule.ts";
import { scatterRules } from "./scatter_rules.ts";
import { windowRules } from "./window_rules.ts";

/** How each operator of a file is made of ours. */
export const IMPORT_RULES: ImportRules = {
  ...activationRules,
  ...arrangementRules,
  ...attentionRules,
  ...batchNormalizationRules,
  ...einsumRules,
  ...elementwiseRules,
  ...indexingRules,
  ...logicRules,
  ...matrixRules,
  ...normalizationRules,
  ...padRules,
  ...recurrentRules,
  ...reductionRules,
  ...resizeRules,
  ...scatterRules,
  ...windowRules,
};
