import type { OptionsOf } from "../../core/options/option_schema.ts";
import { describeMethod } from "../method.ts";
import { memSize } from "../shared/method_options.ts";

/** gdumb on the command line. */
export const gdumb = describeMethod({
  name: "gdumb",
  summary: "training from scratch on a class-balanced memory alone",
  paper: "Prabhu et al. 2020",
  options: {
    memSize: memSize(200, "samples kept in all, in equal parts of every class"),
  },
});

/** What `GDumb` takes. */
export type GDumbOptions = OptionsOf<typeof gdumb.options>;
