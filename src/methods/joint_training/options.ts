import { describeMethod } from "../method.ts";

/** joint on the command line. */
export const jointTraining = describeMethod({
  name: "joint",
  summary: "training once on all experiences together, as if there were no stream",
  options: {},
});
