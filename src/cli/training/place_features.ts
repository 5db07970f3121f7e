import { openFeatureFolder } from "../../cluster/features/feature_file.ts";
import type { FeaturePlan } from "../../cluster/features/feature_plan.ts";
import { RefusalError } from "../../core/errors/errors.ts";
import { omitUndefined } from "../../core/options/omit_undefined.ts";
import { prepareModel } from "../../engine/create_engine.ts";
import type { EngineKind } from "../../engine/engine_kind.ts";
import type { ModelTopology } from "../../engine/model_topology.ts";
import type { Benchmark } from "../../streams/experience.ts";
import type { TrainConfig } from "./config/train_config.ts";

/** Where features are kept, and who is told, as the cluster takes it. */
export function placeFeatures(
  { featureCache }: TrainConfig,
  benchmark: Benchmark,
  { onFeatures }: { readonly onFeatures?: (plan: FeaturePlan, samples: number) => void },
) {
  const place =
    typeof featureCache === "number" ? { featureCacheBytes: featureCache } : { featureCacheFolder: featureCache };
  return { ...omitUndefined(place), onFeatures: (plan: FeaturePlan) => onFeatures?.(plan, countSamples(benchmark)) };
}

/** How many samples a benchmark's streams have. */
function countSamples(benchmark: Benchmark): number {
  let samples = 0;
  for (const stream of benchmark.streams.values()) for (const { dataset } of stream) samples += dataset.length;
  return samples;
}

/**
 * Makes the folder of features, where one is named.
 * @throws {RefusalError} If it cannot be used, or nothing would be kept there.
 */
export async function openFeatures(
  { featureCache }: TrainConfig,
  engine: EngineKind,
  topology: ModelTopology,
): Promise<void> {
  if (typeof featureCache !== "string") return;
  const prepared = engine === "onnxruntime" ? await prepareModel(engine, topology) : undefined;
  if (!prepared || !("frozenPart" in prepared)) {
    throw new RefusalError("--feature-cache with a folder requires a model whose first layers are frozen");
  }
  await openFeatureFolder(featureCache);
}
