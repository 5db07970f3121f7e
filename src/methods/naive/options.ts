import { describeMethod } from "../method.ts";

/** naive on the command line. */
export const naive = describeMethod({
  name: "naive",
  forms: ["strategy"],
  summary: "fine-tuning on one experience after another, the lower baseline",
  options: {},
});
