import { z } from "zod";

/** JSON has no NaN and writes null. */
const measured = z
  .number()
  .nullable()
  .transform((value) => value ?? Number.NaN);

/** What a report needs of summary.json. */
export const summarySchema = z.object({
  version: z.literal(1),
  status: z.enum(["running", "finished", "interrupted", "failed"]),
  config: z.unknown(),
  experiences: z.array(
    z.object({
      index: z.int(),
      cutFrom: z.exactOptional(z.int()),
      classes: z.array(z.number()),
      examples: z.number(),
      epochs: z.number(),
      trainSeconds: z.number(),
      evalSeconds: z.number(),
      testAccuracy: z.array(measured),
      streamAccuracy: measured,
      onnx: z.object({ path: z.string(), maxAbsoluteDifference: measured }).nullable(),
    }),
  ),
  final: z
    .object({
      streamAccuracy: measured,
      averageAccuracy: measured,
      averageForgetting: measured,
      backwardTransfer: measured,
    })
    .nullable(),
  throughput: z.object({ trainExamplesPerSecond: z.number() }).nullable(),
  parametersHash: z.string().nullable(),
  error: z.string().optional(),
});

/** One line of metrics.jsonl. */
export const metricLineSchema = z.object({
  key: z.string(),
  // Descriptions of pictures and weights are not shown.
  value: z.union([measured, z.array(z.array(measured)), z.looseObject({ kind: z.string() })]),
  step: z.number(),
  experience: z.number().nullable(),
});
