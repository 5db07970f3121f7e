/** What graphs of training steps are computed in. Parameters and gradients are float32 in any case. */
export const TRAINING_PRECISIONS = ["float32", "bfloat16", "float16"] as const;

/** One of them. */
export type TrainingPrecision = (typeof TRAINING_PRECISIONS)[number];

/** A precision that a graph is converted to. */
export type HalfPrecision = Exclude<TrainingPrecision, "float32">;
