import type { ModelTopology } from "../../engine/model_topology.ts";

/**
 * The topology with the lengths of its samples that the file leaves open, [null, null, 3] say, taken from the data.
 * What is stated stays, and so does a shape of another rank: whether samples fit is found out where they are known.
 */
export function fillInputShape(topology: ModelTopology, sampleShape: readonly number[]): ModelTopology {
  const change = (key: string, value: unknown): unknown => {
    if (key !== "batch_input_shape" || !Array.isArray(value) || value.length !== sampleShape.length + 1) return value;
    return value.map((length, axis) => (axis === 0 ? null : (length ?? sampleShape[axis - 1])));
  };
  return JSON.parse(JSON.stringify(topology), change);
}
