import { type OptionsOf, withDefault } from "../../core/options/option_schema.ts";
import { describeMethod } from "../method.ts";
import { BATCH_SIZE, BATCH_SIZE_MEM, memSize, storagePolicy } from "../shared/method_options.ts";

/** il2m on the command line. */
export const il2m = describeMethod({
  name: "il2m",
  summary: "replay, and old classes' scores rectified in evaluation",
  paper: "Belouadah and Popescu 2019",
  options: {
    memSize: memSize(2000),
    storagePolicy: withDefault(storagePolicy(), "class-balanced", "what is kept"),
    batchSize: BATCH_SIZE,
    batchSizeMem: BATCH_SIZE_MEM,
  },
});

/** What `IL2M` takes. */
export type IL2MOptions = OptionsOf<typeof il2m.options>;
