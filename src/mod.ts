/**
 * Firn: a trainer for models that keep learning from a stream of experiences without forgetting, data-parallel over
 * Worker replicas, which hands over an ONNX file after every experience.
 * @module
 */

export * from "./benchmarks.ts";
export * from "./data.ts";
export * from "./loggers.ts";
export * from "./losses.ts";
export * from "./memory.ts";
export * from "./metrics.ts";
export * from "./models.ts";
export * from "./onnx.ts";
export * from "./optimizers.ts";
export * from "./plugins.ts";
export * from "./runs.ts";
export * from "./serving.ts";
export * from "./strategies.ts";
export * from "./training.ts";
