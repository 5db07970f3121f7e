import { describeMethod } from "../method.ts";

/** cumulative on the command line. */
export const cumulative = describeMethod({
  name: "cumulative",
  forms: ["strategy"],
  summary: "training on everything seen so far, the upper baseline",
  options: {},
});
