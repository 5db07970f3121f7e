import type { ModelSpec } from "../layers/layer_spec.ts";

/**
 * The model for batches whose rows all have one task label: of several heads it computes that label's alone.
 * @returns Undefined for a model in which task labels choose nothing.
 */
export function shareTask(spec: ModelSpec): ModelSpec | undefined {
  if (!spec.layers.some(({ kind }) => kind === "multiHeadClassifier")) return undefined;
  const layers = spec.layers.map((layer) =>
    layer.kind === "multiHeadClassifier" ? { ...layer, sharesTask: true } : layer,
  );
  return { ...spec, layers };
}
