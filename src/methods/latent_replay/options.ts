import type { OptionsOf } from "../../core/options/option_schema.ts";
import { required, text } from "../../core/options/value_rules.ts";
import { describeMethod } from "../method.ts";
import { memSize } from "../shared/method_options.ts";

/** latent-replay on the command line. */
export const latentReplay = describeMethod({
  name: "latent-replay",
  forms: ["plugin"],
  summary: "replay of a layer's outputs into the layers behind it",
  paper: "Pellegrini et al. 2020, arXiv:1912.01100",
  options: {
    layerName: required(
      text(1),
      "layer whose outputs are remembered; every path from samples to outputs must go through it",
    ),
    memSize: memSize(1500, "outputs kept in all"),
  },
});

/** What `LatentReplay` takes. */
export type LatentReplayOptions = OptionsOf<typeof latentReplay.options>;
