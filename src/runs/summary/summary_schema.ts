import { z } from "zod";
import { MEASURE_NAMES } from "../../evaluation/measures.ts";
import { EXPORT_PATH } from "../run_files.ts";
import type { RunSummary } from "./run_summary.ts";

/** JSON has no NaN and writes null. */
const measured = z
  .number()
  .nullable()
  .transform((value) => value ?? Number.NaN);

/** A summary was written by a run, or by somebody else: a page links to this path, and a program reads it. */
export const exportPathSchema = z.string().regex(EXPORT_PATH, "onnx/experience-NNN.onnx");

const count = z.int().min(0);

const experience = z.looseObject({
  index: count,
  name: z.exactOptional(z.string()),
  cutFrom: z.exactOptional(count),
  classes: z.array(z.number()),
  classNames: z.exactOptional(z.array(z.string())),
  examples: count,
  epochs: count,
  trainSeconds: z.number(),
  evalSeconds: z.number(),
  testAccuracy: z.array(measured),
  streamAccuracy: measured,
  onnx: z.looseObject({ path: exportPathSchema, maxAbsoluteDifference: measured }).nullable(),
});

/** What summary.json holds; fields that a later version adds are kept. */
export const summarySchema: z.ZodType<RunSummary<unknown>> = z.looseObject({
  version: z.literal(1),
  status: z.enum(["running", "finished", "interrupted", "failed"]),
  config: z.unknown(),
  experiences: z.array(experience),
  measure: z.exactOptional(z.enum(MEASURE_NAMES)),
  testExperiences: z.exactOptional(z.array(z.string())),
  final: z
    .looseObject({
      streamAccuracy: measured,
      averageAccuracy: measured,
      averageForgetting: measured,
      backwardTransfer: measured,
    })
    .nullable(),
  throughput: z.looseObject({ trainExamplesPerSecond: z.number() }).nullable(),
  parametersHash: z.string().nullable(),
  lostRanks: z.exactOptional(z.array(z.looseObject({ rank: count, left: count, iteration: count }))),
  error: z.string().exactOptional(),
});
