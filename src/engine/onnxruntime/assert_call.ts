import { needs, RangeRefusal } from "../../core/errors/errors.ts";
import { fitShape } from "../../core/fit_shape.ts";
import { countElements } from "../../core/host_tensor.ts";
import type { EmbeddingSpec } from "../../onnx/layers/embedding.ts";
import { isTaskLabels } from "../../onnx/layers/input.ts";
import type { LayerSpec, ModelSpec } from "../../onnx/layers/layer_spec.ts";
import { assertTaskLabels } from "../assert_task_labels.ts";
import type { FlatVector } from "../device/device_vector.ts";
import type { EngineInput, EngineVectors, FeatureAnchor } from "../engine.ts";

/**
 * Checks what every call is given, and returns n, its rows.
 * @throws {RangeError} If a vector or the samples do not fit the model, a task label has no head, an id no row
 *   of its table, or there are no rows.
 */
export function assertCall(spec: ModelSpec, vectors: EngineVectors, input: EngineInput): number {
  assertLength("parameters", vectors.parameters, spec.layout.size);
  assertLength("state", vectors.state, spec.stateLayout.size);
  const [rows = 0, ...sampleShape] = input.x.shape;
  const wanted = findSampleShape(spec);
  if (!fitShape(sampleShape, wanted)) {
    throw new RangeRefusal(
      needs(`the model "${spec.name}"`, `samples of shape [N, ${wanted.join(", ")}]`, input.x.shape),
    );
  }
  if (rows < 1) throw new RangeRefusal(needs(`the model "${spec.name}"`, "at least one row", rows));
  assertLength("x", input.x.data, rows * countElements(sampleShape));
  for (const layer of spec.layers) {
    if (layer.kind === "multiHeadClassifier") assertTaskLabels(layer, input);
    if (layer.kind === "embedding" && isFedSamples(layer, spec)) assertIds(layer, input.x.data);
  }
  return rows;
}

function findSampleShape({ layers }: ModelSpec): readonly number[] {
  const samples = layers.find((layer) => layer.kind === "input" && !isTaskLabels(layer));
  return samples?.kind === "input" ? samples.sampleShape : [];
}

/** True if it looks up the samples as they are, but for their order and shape. */
function isFedSamples({ inputs }: Pick<LayerSpec, "inputs">, spec: ModelSpec): boolean {
  const source = spec.layers.find(({ name }) => name === inputs[0]);
  switch (source?.kind) {
    case "input":
      return !isTaskLabels(source);
    case "flatten":
    case "permute":
    case "repeatVector":
    case "reshape":
      return isFedSamples(source, spec);
    default:
      return false;
  }
}

/** onnxruntime would take a negative id for one from the end, and a fraction for the whole number below it. */
function assertIds({ name, size }: EmbeddingSpec, ids: Float32Array): void {
  const wrong = ids.find((id) => !(Number.isInteger(id) && id >= 0 && id < size));
  if (wrong !== undefined) throw new RangeRefusal(needs(`layer "${name}"`, `ids from 0 to ${size - 1}`, wrong));
}

/** @throws {RangeError} If the array has another length. */
export function assertLength(name: string, array: FlatVector, length: number): void {
  if (array.length !== length) throw new RangeRefusal(needs("the model", `${length} values of ${name}`, array.length));
}

/**
 * Checks an objective's anchor.
 * @param shape Of a row's features.
 * @throws {RangeError} If its arrays do not fit.
 */
export function assertAnchor(
  { targets, losses }: FeatureAnchor,
  { rows, shape }: { readonly rows: number; readonly shape: readonly number[] },
): void {
  assertLength("the anchor's targets", targets, rows * countElements(shape));
  assertLength("the anchor's losses", losses, rows);
}
