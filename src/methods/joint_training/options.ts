import { describeMethod } from "../method.ts";

/** joint on the command line. */
export const jointTraining = describeMethod({
  name: "joint",
  forms: ["strategy"],
  summary: "training once on all experiences together, as if there were no stream",
  options: {},
});
