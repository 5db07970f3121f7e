import { z } from "zod";

/** JSON has no NaN and writes null. */
const measured = z
  .number()
  .nullable()
  .transform((value) => value ?? Number.NaN);

/** One line of metrics.jsonl. */
export const metricLineSchema = z.object({
  key: z.string(),
  // Descriptions of pictures and weights are not shown.
  value: z.union([measured, z.array(z.array(measured)), z.looseObject({ kind: z.string() })]),
  step: z.number(),
  experience: z.number().nullable(),
});
