import { RangeRefusal } from "../../core/errors/errors.ts";

/**
 * Copies a vector into one of the model's.
 * @throws {RangeRefusal} If the lengths differ.
 */
export function copyVector(name: string, vector: Float32Array, into: Float32Array): void {
  if (vector.length === into.length) into.set(vector);
  else throw new RangeRefusal(`strategy.${name} has ${into.length} values, got ${vector.length}`);
}
