import { z } from "zod";
import { STORAGE_POLICIES } from "./storage_policy.ts";

/** What experience replay takes, as a strategy and as a plugin. */
export const REPLAY_OPTIONS = z.strictObject({
  memSize: z.int().min(1).default(200).describe("samples kept in all"),
  batchSize: z.int().min(1).optional().describe("new samples in a minibatch; --batch-size if left out"),
  batchSizeMem: z.int().min(1).optional().describe("remembered samples beside them; --batch-size if left out"),
  taskBalancedDataloader: z.boolean().default(false).describe("gives every task its share of the remembered part"),
  storagePolicy: z.enum(STORAGE_POLICIES).default("experience-balanced").describe("what is kept"),
});
