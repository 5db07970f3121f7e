import { z } from "zod";
import { describeIssue } from "../core/errors/describe_issue.ts";
import { RefusalError, TypeRefusal } from "../core/errors/errors.ts";
import type { SavedState } from "../core/saved_state.ts";
import { TARGET_KINDS } from "../data/float_targets.ts";
import type { KeptSource } from "../data/kept_samples.ts";
import { type ImageTransform, resolveImageTransforms } from "../data/transforms/images/image_transform.ts";
import type { Transform } from "../data/transforms/transform.ts";
import { ENGINE_KINDS, type EngineChoice } from "../engine/engine_kind.ts";
import type { ModelTopology } from "../engine/model_topology.ts";
import type { OptimizerSpec } from "../optimizers/optimizer_spec.ts";
import { optimizerSpecSchema, savedStateSchema, snapshotSchema } from "../training/checkpoints/snapshot_schema.ts";
import type { StrategySnapshot } from "../training/checkpoints/strategy_snapshot.ts";
import type { SavedLabels } from "../training/loop/label_guard.ts";

/** A strategy as a file holds it: all that is needed to make it again and to go on with the same bits. */
export interface SavedStrategy {
  readonly kind: "strategy";
  /** Of what stands here; the file's format has a version of its own. */
  readonly version: 1;
  /** The class, for messages, and to know one of the user's own again. */
  readonly className: string;
  /** The name of the method that it is; null for a class of the user's own. */
  readonly method: string | null;
  /** The options that only its class has; null where they are more than plain data. */
  readonly own: Readonly<Record<string, SavedState>> | null;
  /** The names of the plugins that it was given. */
  readonly plugins: readonly string[];
  /**
   * The criterion that it was given: the name of one of the library, with its options, or the class of another, for
   * messages; null for the default.
   */
  readonly criterion: { readonly name: string; readonly options: Readonly<Record<string, SavedState>> } | string | null;
  readonly options: {
    readonly trainMbSize: number;
    readonly trainEpochs: number;
    readonly dropLast: boolean;
    readonly evalMbSize: number;
    readonly evalEvery: number;
    readonly evalMode: "epoch" | "iteration";
    readonly seed: number;
    readonly logicalShards: number;
    readonly engine: EngineChoice;
  };
  readonly optimizer: OptimizerSpec;
  readonly topology: ModelTopology;
  /** The shapes of all weights. */
  readonly shapes: string;
  readonly labels: SavedLabels;
  /** The samples that memories hold. */
  readonly sources: readonly KeptSource[];
  /** Without the evaluator's state: metrics begin anew. */
  readonly snapshot: StrategySnapshot;
}

const count = z.int().min(0);
const int32 = z.instanceof(Int32Array);
const names = z.strictObject({ names: z.array(z.string()), areNumbers: z.boolean() });

const transform: z.ZodType<Transform> = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("scale"), factor: z.number(), offset: z.number() }),
  z.strictObject({ kind: z.literal("normalize"), mean: z.array(z.number()), std: z.array(z.number()) }),
  z.strictObject({ kind: z.literal("permute"), order: int32 }),
  z.strictObject({ kind: z.literal("rotate"), degrees: z.number() }),
]);

/** Checked as those of a user. */
const imageTransforms = z
  .array(z.looseObject({ kind: z.string() }))
  .transform((kept) => resolveImageTransforms("transforms", kept as unknown as readonly ImageTransform[]));

const source = z.strictObject({
  name: z.string(),
  sampleShape: z.array(count),
  taskLabel: count,
  transforms: z.array(transform),
  augmentation: z.strictObject({ cropPadding: count, flip: z.boolean() }).optional(),
  rawShape: z.array(count).optional(),
  imageSizes: int32.optional(),
  imageTransforms: z.strictObject({ train: imageTransforms, evaluation: imageTransforms }).optional(),
  x: z.union([z.instanceof(Uint8Array), z.instanceof(Float32Array)]),
  y: int32,
  floatTargets: z
    .strictObject({
      kind: z.enum(["values", "labels"]),
      data: z.instanceof(Float32Array),
      width: count,
      names: z.array(z.string()).optional(),
    })
    .optional(),
  rowNumbers: int32,
});

const targetForm = z.strictObject({
  kind: z.enum(TARGET_KINDS),
  width: count,
  names: z.array(z.string()).optional(),
});

const schema = z.strictObject({
  kind: z.literal("strategy"),
  version: z.literal(1),
  className: z.string(),
  method: z.string().nullable(),
  own: z.record(z.string(), savedStateSchema).nullable(),
  plugins: z.array(z.string()),
  criterion: z
    .union([z.string(), z.strictObject({ name: z.string(), options: z.record(z.string(), savedStateSchema) })])
    .nullable(),
  options: z.strictObject({
    trainMbSize: count,
    trainEpochs: count,
    dropLast: z.boolean(),
    evalMbSize: count,
    evalEvery: z.int(),
    evalMode: z.enum(["epoch", "iteration"]),
    seed: count,
    logicalShards: count,
    engine: z.enum(["auto", ...ENGINE_KINDS]),
  }),
  optimizer: optimizerSpecSchema,
  topology: z.strictObject({ class_name: z.string(), config: z.unknown() }),
  shapes: z.string(),
  labels: z.strictObject({ classes: names, tasks: names, targets: targetForm.optional() }),
  sources: z.array(source),
  snapshot: snapshotSchema,
});

/**
 * Checks the shape of what a file held.
 * @throws {RefusalError} If it is something else than a strategy. {TypeError} If it is none of this version, with the
 *   first place where it is not.
 */
export function parseSavedStrategy(state: SavedState): SavedStrategy {
  if (typeof state !== "object" || state === null || !("kind" in state) || state.kind !== "strategy") {
    throw new RefusalError("it holds no strategy that saveStrategy wrote: a run's checkpoint goes on with --resume");
  }
  const { data, error } = schema.safeParse(state);
  if (data) return data;
  throw new TypeRefusal(describeIssue(error, state));
}
