import { type OptionsOf, optional, withDefault } from "../../core/options/option_schema.ts";
import { listOf, number, required, text } from "../../core/options/value_rules.ts";
import { describeMethod } from "../method.ts";
import { compatibility, perExperience } from "../shared/method_options.ts";

/** si on the command line. */
export const synapticIntelligence = describeMethod({
  name: "si",
  summary: "synaptic intelligence",
  paper: "Zenke et al. 2017, arXiv:1703.04200",
  options: {
    lambda: required(
      perExperience({ atLeast: 0 }),
      "weight of the penalty, c in the paper: one, or one per experience",
    ),
    eps: optional(
      number({ above: 0 }),
      "damping ξ of the squared distances that are divided by. Default: 0.001; 1e-7 with compatibility=avalanche",
    ),
    excludedParameters: withDefault(listOf(text()), [], "tensors or layers that are left free"),
    compatibility: compatibility(
      "avalanche: half of lambda, the penalty's gradient counted as the task's, importances at most 0.001, normalisation layers left free",
    ),
  },
});

/** What `SynapticIntelligence` takes. */
export type SynapticIntelligenceOptions = OptionsOf<typeof synapticIntelligence.options>;
