import { z } from "zod";
import type { SavedState } from "../../core/saved_state.ts";
import type { GrowingHead } from "../../models/growth/growing_head.ts";
import type { OptimizerSpec } from "../../optimizers/optimizer_spec.ts";
import type { StrategySnapshot } from "./strategy_snapshot.ts";

const count = z.int().min(0);
const vector = z.instanceof(Float32Array);
/** The states of random streams by name. */
export const randomStreamsSchema = z.record(z.string(), z.array(z.int()));
/** Saved state, whatever it is: what a checkpoint's decoder gives. */
export const savedStateSchema = z.custom<SavedState>(() => true);

const head: z.ZodType<GrowingHead> = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("incremental"), layer: z.string(), units: count }),
  z.strictObject({ kind: z.literal("multi-head"), layer: z.string(), headUnits: z.array(count) }),
  z.strictObject({ kind: z.literal("progressive"), layer: z.string(), units: count, tasks: z.array(count) }),
]);

/** The constants of an optimizer. */
export const optimizerSpecSchema: z.ZodType<OptimizerSpec> = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("sgd"),
    momentum: z.number(),
    dampening: z.number(),
    weightDecay: z.number(),
    nesterov: z.boolean(),
  }),
  z.strictObject({
    kind: z.literal("adam"),
    beta1: z.number(),
    beta2: z.number(),
    epsilon: z.number(),
    weightDecay: z.number(),
    decoupledWeightDecay: z.boolean(),
  }),
  z.strictObject({
    kind: z.literal("rmsprop"),
    alpha: z.number(),
    epsilon: z.number(),
    weightDecay: z.number(),
    momentum: z.number(),
    centered: z.boolean(),
  }),
  z.strictObject({
    kind: z.literal("adagrad"),
    learningRateDecay: z.number(),
    weightDecay: z.number(),
    epsilon: z.number(),
  }),
]);

const groupSchema = z.strictObject({
  parameters: z.array(z.string()),
  learningRate: z.number(),
  spec: optimizerSpecSchema,
  schedule: z.exactOptional(
    z.strictObject({
      frozenExperiences: z.exactOptional(count),
      frozenEpochs: z.exactOptional(count),
      trainedExperiences: z.exactOptional(count),
    }),
  ),
});

/** A strategy's snapshot. */
export const snapshotSchema = z.strictObject({
  heads: z.array(head),
  parameters: vector,
  layerState: vector,
  optimizer: z.array(vector),
  stepCount: count,
  taskSteps: z.exactOptional(z.record(z.string(), count)),
  lossScale: z.exactOptional(z.strictObject({ value: z.number().min(1), goodSteps: count })),
  sideSteps: count,
  learningRate: z.number(),
  groups: z.exactOptional(z.array(groupSchema)),
  optimizerSpec: optimizerSpecSchema.optional(),
  settings: z
    .strictObject({ trainMbSize: count, trainEpochs: count, dropLast: z.boolean(), evalMbSize: count })
    .optional(),
  isStopped: z.boolean(),
  randomStreams: randomStreamsSchema,
  clock: z.strictObject({
    trainIterations: count,
    trainExpCounter: count,
    trainExpEpochs: count,
    trainExpIterations: count,
    trainEpochIterations: count,
    totalIterations: count,
    pieces: z.exactOptional(z.strictObject({ continuations: count, lastOrigin: count.nullable() })),
  }),
  evaluator: z.unknown(),
  plugins: z.array(z.strictObject({ name: z.string(), state: savedStateSchema })),
  own: savedStateSchema,
}) satisfies z.ZodType<StrategySnapshot>;
