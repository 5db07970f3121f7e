import { describeMethod } from "../method.ts";

/** pnn on the command line. */
export const pnn = describeMethod({
  name: "pnn",
  forms: ["strategy"],
  summary: "progressive networks: a column per task, old ones frozen; requires --model pnn",
  paper: "Rusu et al. 2016, arXiv:1606.04671",
  options: {},
});
