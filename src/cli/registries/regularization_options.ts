import { z } from "zod";

/** What elastic weight consolidation takes, as a strategy and as a plugin. */
export const EWC_OPTIONS = z.strictObject({
  lambda: z.number().min(0).describe("weight of the penalty"),
  mode: z.enum(["separate", "online"]).default("separate").describe("an anchor an experience, or one that moves along"),
  decayFactor: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe("how much of the old importance stays; with mode=online, and needed there"),
  importanceBatchSize: z
    .int()
    .min(1)
    .optional()
    .describe("samples whose mean gradient is squared at a time; --batch-size if left out, as in Avalanche"),
});
