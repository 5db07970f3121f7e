import { join } from "node:path";
import { ISOLATIONS } from "../../../cluster/isolation.ts";
import { omitUndefined } from "../../../core/options/omit_undefined.ts";
import { optional, resolveOptions, withDefault } from "../../../core/options/option_schema.ts";
import {
  anything,
  either,
  flag,
  groupOf,
  listOf,
  nothing,
  number,
  oneOf,
  recordOf,
  required,
  text,
  wholeNumber,
} from "../../../core/options/value_rules.ts";
import { ENGINE_KINDS } from "../../../engine/engine_kind.ts";
import { CONVOLUTION_SEARCHES } from "../../../engine/onnxruntime/cuda/cuda_options.ts";
import { MEASURE_NAMES } from "../../../evaluation/measures.ts";
import { TRAINING_PRECISIONS } from "../../../onnx/precision/precision.ts";
import { DEFAULT_CHECKPOINT_INTERVAL } from "../../../runs/checkpoints/checkpoint_interval.ts";
import type { TrainConfig } from "./train_config.ts";

/** A name with its options, as config.json holds it. */
const choice = groupOf({ name: text(), options: recordOf(anything()) });

const CONFIG = {
  version: required(number({ atLeast: 1, atMost: 1 })),
  benchmark: required(choice),
  strategy: required(choice),
  plugins: required(listOf(choice)),
  model: required(choice),
  optimizer: required(choice),
  epochs: required(wholeNumber(1)),
  batchSize: required(wholeNumber(1)),
  dropLast: withDefault(flag(), false, ""),
  evalBatchSize: required(wholeNumber(1)),
  workers: required(wholeNumber()),
  logicalShards: required(wholeNumber(1)),
  isolation: optional(oneOf(ISOLATIONS), ""),
  engine: required(oneOf(["auto", ...ENGINE_KINDS])),
  devices: required(listOf(text())),
  seed: required(wholeNumber()),
  data: required(either(text(), nothing())),
  checkpointEvery: withDefault(text(), DEFAULT_CHECKPOINT_INTERVAL, ""),
  maxRestarts: withDefault(wholeNumber(), 0, ""),
  exportsModels: withDefault(flag(), true, ""),
  keepAdapters: optional(flag(), ""),
  exportForm: optional(recordOf(anything()), ""),
  featureCache: optional(either(wholeNumber(), text(1)), ""),
  cacheBytes: optional(wholeNumber(1), ""),
  precision: optional(oneOf(TRAINING_PRECISIONS), ""),
  tf32: optional(flag(), ""),
  convolutionSearch: optional(oneOf(CONVOLUTION_SEARCHES), ""),
  pinnedMemory: optional(flag(), ""),
  criterion: optional(choice, ""),
  metrics: optional(listOf(choice), ""),
  startParametersHash: optional(text(), ""),
  experienceNames: optional(listOf(text()), ""),
  targetNames: optional(listOf(text()), ""),
  measure: optional(oneOf(MEASURE_NAMES), ""),
  classNames: optional(listOf(text()), ""),
};

/**
 * Checks what a run's config.json holds. What names stand for is checked when it is made.
 * @throws {TypeError} If it is no configuration of this version, with the first key where it is not.
 */
export function parseTrainConfig(directory: string, json: unknown): TrainConfig {
  return parseConfig(join(directory, "config.json"), json);
}

/**
 * The same of a configuration that stands elsewhere.
 * @param subject What messages begin with.
 */
export function parseConfig(subject: string, json: unknown): TrainConfig {
  const { version: _version, ...config } = resolveOptions(subject, renameFormer(json) as never, CONFIG);
  return { version: 1, ...omitUndefined(config) };
}

/** Runs that began before features could lie in files say how many MiB of them are kept. */
function renameFormer(json: unknown): unknown {
  if (typeof json !== "object" || json === null || !("featureCacheMiB" in json)) return json;
  const { featureCacheMiB, ...others } = json;
  return typeof featureCacheMiB === "number" ? { featureCache: featureCacheMiB * 2 ** 20, ...others } : json;
}
