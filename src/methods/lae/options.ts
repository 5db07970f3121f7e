import { type OptionsOf, withDefault } from "../../core/options/option_schema.ts";
import { flag, listOf, number, text } from "../../core/options/value_rules.ts";
import { describeMethod } from "../method.ts";

/** lae on the command line. */
export const lae = describeMethod({
  name: "lae",
  summary: "learning, accumulation, ensemble: an adapter of a pretrained network beside its slow average",
  paper: "Gao et al. 2023, arXiv:2303.10070",
  options: {
    parameters: withDefault(
      listOf(text(1), 1),
      ["*.lora_A", "*.lora_B"],
      "the adapter's: names, layers or patterns of the model's trained parameters. Models from onnx:path=FILE,adapter=lora have the default's",
    ),
    decay: withDefault(
      number({ atLeast: 0, atMost: 1 }),
      0.9999,
      "share of the offline adapter that stays at each step from the second experience on",
    ),
    heldShare: withDefault(
      number({ atLeast: 0, below: 1 }),
      0.6,
      "share of the iterations of each experience but the first in which the adapter is held still, at their beginning",
    ),
    ensemble: withDefault(
      flag(),
      true,
      "evaluates with the online and the offline adapter, each class by the surer one; false: with the offline one alone",
    ),
  },
});

/** What `LAE` takes. */
export type LAEOptions = OptionsOf<typeof lae.options>;
