import { join } from "node:path";
import { z } from "zod";
import { TypeRefusal } from "../../core/errors/errors.ts";
import { ENGINE_KINDS } from "../../engine/engine_kind.ts";
import { DEFAULT_CHECKPOINT_INTERVAL } from "../../runs/checkpoints/checkpoint_interval.ts";
import { describeProblem } from "../describe_problem.ts";
import type { TrainConfig } from "./train_config.ts";

const choice = z.strictObject({ name: z.string(), options: z.record(z.string(), z.unknown()) });

const config = z.strictObject({
  version: z.literal(1),
  benchmark: choice,
  strategy: choice,
  plugins: z.array(choice),
  model: choice,
  optimizer: choice,
  epochs: z.int().min(1),
  batchSize: z.int().min(1),
  dropLast: z.boolean().default(false),
  evalBatchSize: z.int().min(1),
  workers: z.int().min(0),
  logicalShards: z.int().min(1),
  engine: z.enum(["auto", ...ENGINE_KINDS]),
  devices: z.array(z.string()),
  seed: z.int().min(0),
  data: z.string().nullable(),
  checkpointEvery: z.string().default(DEFAULT_CHECKPOINT_INTERVAL),
  maxRestarts: z.int().min(0).default(0),
  exportsModels: z.boolean().default(true),
  classNames: z.array(z.string()).optional(),
});

/**
 * Checks what a run's config.json holds. What names stand for is checked when it is made.
 * @throws {TypeError} If it is no configuration of this version, with the first key where it is not.
 */
export function parseTrainConfig(directory: string, json: unknown): TrainConfig {
  const result = config.safeParse(json);
  if (result.success) return result.data;
  throw new TypeRefusal(`${join(directory, "config.json")}: ${describeProblem(config, json, { what: "key" })}`);
}
