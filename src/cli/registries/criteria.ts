import { CRITERIA as BUILT_IN } from "../../training/losses/criteria.ts";
import type { Criterion } from "../../training/losses/criterion.ts";
import { defineFactory, type Registry } from "../options/named_factory.ts";
import { citePaper } from "./cite_paper.ts";

/** The criteria there are, the default for class ids first. */
export const CRITERIA: Registry<undefined, Criterion> = {
  kind: "criterion",
  factories: BUILT_IN.map(({ name, summary, paper, options, create }) =>
    defineFactory({ name, summary: citePaper(summary, paper), options, create: (given) => create(given) }),
  ),
};
