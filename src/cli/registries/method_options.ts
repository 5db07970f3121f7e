import { z } from "zod";

/** What experience replay takes, as a strategy and as a plugin. */
export const REPLAY_OPTIONS = z.strictObject({
  memSize: z.int().min(1).default(200).describe("samples kept in all"),
  batchSize: z.int().min(1).optional().describe("new samples in a minibatch; --batch-size if left out"),
  batchSizeMem: z.int().min(1).optional().describe("remembered samples beside them; --batch-size if left out"),
  taskBalancedDataloader: z.boolean().default(false).describe("gives every task its share of the remembered part"),
  storagePolicy: z
    .enum(["experience-balanced", "class-balanced", "reservoir"])
    .default("experience-balanced")
    .describe("what is kept"),
});

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
