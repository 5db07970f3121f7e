import type { OptionRules } from "../../core/options/assert_options.ts";
import { anything, flag, text } from "../../core/options/value_rules.ts";

/** What every layer of TF.js takes. */
export interface LayerOptions {
  readonly name?: string;
  readonly trainable?: boolean;
  readonly dtype?: unknown;
  readonly inputDType?: unknown;
  readonly inputShape?: unknown;
  readonly batchInputShape?: unknown;
  readonly batchSize?: unknown;
  readonly weights?: unknown;
  /** Given by TF.js when it reads a topology. */
  readonly customObjects?: unknown;
}

/** What `LayerOptions` may be; TF.js looks at the others itself. */
export const LAYER_RULES: OptionRules<LayerOptions> = {
  name: text(),
  trainable: flag(),
  dtype: anything(),
  inputDType: anything(),
  inputShape: anything(),
  batchInputShape: anything(),
  batchSize: anything(),
  weights: anything(),
  customObjects: anything(),
};
