import { z } from "zod";

/** What training from scratch takes, as a strategy and as a plugin. */
export const FROM_SCRATCH_OPTIONS = z.strictObject({
  resetOptimizer: z.boolean().default(true).describe("whether the optimizer's state is forgotten, too"),
});
