import { type OptionsOf, withDefault } from "../../core/options/option_schema.ts";
import { number } from "../../core/options/value_rules.ts";
import { describeMethod } from "../method.ts";
import { compatibility, perExperience } from "../shared/method_options.ts";

/** lwf on the command line. */
export const lwf = describeMethod({
  name: "lwf",
  summary: "learning without forgetting",
  paper: "Li and Hoiem 2016, arXiv:1606.09282",
  options: {
    alpha: withDefault(
      perExperience({ atLeast: 0 }),
      1,
      "weight of the distillation, λ in the paper: one, or one per experience",
    ),
    temperature: withDefault(number({ above: 0 }), 2, "temperature T of the distillation"),
    compatibility: compatibility("avalanche: without the factor T², on which its published baselines rest"),
  },
});

/** What `LwF` takes. */
export type LwFOptions = OptionsOf<typeof lwf.options>;
