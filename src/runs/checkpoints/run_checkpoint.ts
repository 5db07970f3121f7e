import { z } from "zod";
import { describeIssue } from "../../core/errors/describe_issue.ts";
import { TypeRefusal } from "../../core/errors/errors.ts";
import type { ModelTopology } from "../../engine/model_topology.ts";
import type { LoggerState } from "../../evaluation/loggers/logger_group.ts";
import type { TrainingPosition } from "../../training/checkpoints/checkpointing.ts";
import { randomStreamsSchema, savedStateSchema, snapshotSchema } from "../../training/checkpoints/snapshot_schema.ts";
import type { StrategySnapshot } from "../../training/checkpoints/strategy_snapshot.ts";
import type { LostRank } from "../lost_ranks.ts";
import type { ExperienceSummary } from "../summary/run_summary.ts";
import { exportPathSchema } from "../summary/summary_schema.ts";
import type { StoredExperience } from "./matrix_rows.ts";

/**
 * Where in a run a checkpoint was made: before a training unit, in the middle of its training, or after its training
 * and before its evaluation.
 */
export type RunPlace =
  | { readonly kind: "before" | "trained"; readonly now: StrategySnapshot }
  | {
      readonly kind: "inside";
      readonly start: StrategySnapshot;
      readonly now: StrategySnapshot;
      readonly position: TrainingPosition;
    };

/** Everything that a run needs to go on to the same end, bit for bit. */
export interface RunCheckpoint {
  /** What the run was started with: plain data. */
  readonly config: unknown;
  /** One a training unit that is finished. */
  readonly experiences: readonly ExperienceSummary[];
  readonly parametersHash: string | null;
  /** How much of metrics.jsonl there was. */
  readonly metricsBytes: number;
  /** How far other loggers had come. */
  readonly logs: readonly LoggerState[];
  readonly place: RunPlace;
  /** Experiences that are trained once more together with the next one, whose models were refused. */
  readonly again?: readonly number[];
  /** Ranks without which the run went on; absent where none was lost. */
  readonly lostRanks?: readonly LostRank[];
  /** The network at that place, for other runs that begin with it; earlier versions kept none. */
  readonly model?: CheckpointModel;
}

/** A checkpoint as its file holds it: accuracies may stand in accuracy_matrix.csv. */
export interface StoredCheckpoint extends Omit<RunCheckpoint, "experiences"> {
  readonly experiences: readonly StoredExperience[];
}

/** A network without its weights, and what its outputs stand for. */
export interface CheckpointModel {
  readonly topology: ModelTopology;
  /** The label of each class id. */
  readonly classNames: readonly string[];
}

const count = z.int().min(0);

const position: z.ZodType<TrainingPosition> = z.strictObject({
  experiences: count,
  epoch: count,
  iteration: count,
  streamsAtEpochStart: randomStreamsSchema,
});

/** An accuracy is NaN where nothing was evaluated. */
const share = z.union([z.number(), z.nan()]);

const experience: z.ZodType<StoredExperience> = z.strictObject({
  index: count,
  name: z.exactOptional(z.string()),
  cutFrom: z.exactOptional(count),
  classes: z.array(z.int()),
  examples: count,
  epochs: count,
  trainSeconds: z.number(),
  evalSeconds: z.number(),
  testAccuracy: z.exactOptional(z.array(share)),
  cells: z.exactOptional(count),
  streamAccuracy: share,
  onnx: z.strictObject({ path: exportPathSchema, maxAbsoluteDifference: share }).nullable(),
});

const checkpoint: z.ZodType<StoredCheckpoint> = z.strictObject({
  config: z.unknown(),
  experiences: z.array(experience),
  parametersHash: z.string().nullable(),
  metricsBytes: count,
  logs: z.array(z.strictObject({ name: z.string(), state: savedStateSchema })).default([]),
  place: z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.enum(["before", "trained"]), now: snapshotSchema }),
    z.strictObject({ kind: z.literal("inside"), start: snapshotSchema, now: snapshotSchema, position }),
  ]),
  again: z.exactOptional(z.array(count)),
  lostRanks: z.exactOptional(z.array(z.strictObject({ rank: count, left: count, iteration: count }))),
  model: z.exactOptional(
    z.strictObject({
      topology: z.strictObject({ class_name: z.string(), config: z.unknown() }),
      classNames: z.array(z.string()),
    }),
  ),
});

/**
 * Checks the shape of what a checkpoint file held.
 * @throws {TypeError} If it is not a run's, with the first place where it is not.
 */
export function parseRunCheckpoint(state: unknown): StoredCheckpoint {
  const { data, error } = checkpoint.safeParse(state);
  if (data) return data;
  throw new TypeRefusal(describeIssue(error, state));
}
