import type { ObjectiveWriter } from "../../cluster/objective_writer.ts";
import { elementAt } from "../../core/element_at.ts";
import { type HostTensor, matrixShape } from "../../core/host_tensor.ts";

/** A loss of features and its gradient with respect to them, [B, F]; the receiver owns it. */
export interface FeatureLoss {
  readonly loss: number;
  readonly dFeatures: Float32Array;
}

/** How far features [B, F] are from what they were. */
export type FeatureDistance = (features: HostTensor, old: HostTensor) => FeatureLoss;

/** Half the squared distance of each sample's features, the mean over the minibatch: (1/B) Σ ½‖f − f_old‖². */
export const halfSquaredDistance: FeatureDistance = (features, old) => {
  const { loss, dFeatures } = meanSquaredDistance(features, old);
  const width = elementAt(features.shape, 1);
  return { loss: (loss * width) / 2, dFeatures: dFeatures.map((gradient) => (gradient * width) / 2) };
};

/** The mean over samples and features of the squared difference. */
export const meanSquaredDistance: FeatureDistance = ({ data }, old) => {
  const dFeatures = new Float32Array(data.length);
  let sum = 0;
  for (let i = 0; i < data.length; i++) {
    const difference = (data[i] ?? 0) - (old.data[i] ?? 0);
    sum += difference * difference;
    dFeatures[i] = (2 * difference) / data.length;
  }
  return { loss: sum / data.length, dFeatures };
};

/**
 * weight · distance to these features [B, F] as an objective that replicas compute with the gradient; undefined for a
 * distance that is not a squared one.
 */
export function createFeatureObjective(
  distance: FeatureDistance,
  { old, weight }: { readonly old: HostTensor; readonly weight: number },
): ObjectiveWriter | undefined {
  const [rows, width] = matrixShape(old.shape);
  const factor = findSquareFactor(distance, width);
  if (factor === undefined) return;
  // The objective is a mean over the features.
  const share = (weight * factor * width) / rows;
  return {
    kind: "mse",
    write(targets, weights) {
      targets.set(old.data);
      weights.fill(share);
    },
  };
}

/** What ‖f − f_old‖² of a sample is multiplied by in a distance; undefined for one that is not of that kind. */
export function findSquareFactor(distance: FeatureDistance, width: number): number | undefined {
  if (distance === meanSquaredDistance) return 1 / width;
  return distance === halfSquaredDistance ? 0.5 : undefined;
}

/** 1 − cos(f, f_old), the mean over the minibatch; a sample whose features are all 0 counts 1 and has no gradient. */
export const cosineDistance: FeatureDistance = ({ data, shape: [rows = 0, width = 0] }, old) => {
  const dFeatures = new Float32Array(data.length);
  let sum = 0;
  for (let row = 0; row < rows; row++) {
    const start = row * width;
    let [dot, own, other] = [0, 0, 0];
    for (let i = start; i < start + width; i++) {
      const [f, g] = [data[i] ?? 0, old.data[i] ?? 0];
      dot += f * g;
      own += f * f;
      other += g * g;
    }
    const length = Math.sqrt(own * other);
    const cosine = length === 0 ? 0 : dot / length;
    sum += 1 - cosine;
    if (length === 0) continue;
    for (let i = start; i < start + width; i++) {
      dFeatures[i] = ((cosine * (data[i] ?? 0)) / own - (old.data[i] ?? 0) / length) / rows;
    }
  }
  return { loss: sum / rows, dFeatures };
};
