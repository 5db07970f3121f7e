import { needs, RangeRefusal } from "../../core/errors/errors.ts";

/** What is added to the logit of a class that does not compete: e⁻¹⁰⁰⁰ is 0, and no infinity spoils a product. */
const MASK_OFFSET = -1000;

/** A class whose offset is below this does not compete. */
const COMPETES_ABOVE = -100;

/**
 * Gives what a criterion adds to each row's logits [C] before the loss: 0 for classes that compete, `MASK_OFFSET` for
 * the others; undefined for no mask. Asked at every step, so that it may follow the stream. The criterion borrows the
 * result.
 */
export type ClassMask = (outputSize: number) => Float32Array | undefined;

/**
 * The mask [outputSize] under which only `classes` compete. The caller owns the result.
 * @throws {RangeError} If a class has no output, or there is none.
 */
export function createClassMask(classes: Iterable<number>, outputSize: number): Float32Array {
  const mask = new Float32Array(outputSize).fill(MASK_OFFSET);
  for (const id of classes) {
    if (!(Number.isInteger(id) && id >= 0 && id < outputSize)) {
      throw new RangeRefusal(needs("the class mask", `class ids below ${outputSize} (the model's outputs)`, id));
    }
    mask[id] = 0;
  }
  if (mask.every((offset) => offset !== 0))
    throw new RangeRefusal(needs("the class mask", "at least one that competes", 0));
  return mask;
}

/** Whether a class competes under a mask; all do where there is none. */
export function isCompeting(mask: Float32Array | undefined, id: number): boolean {
  return mask === undefined || (mask[id] ?? 0) > COMPETES_ABOVE;
}

/** Outputs [B, C] with the mask added to every row; the outputs themselves where there is none. */
export function addClassMask(outputs: Float32Array, mask: Float32Array | undefined): Float32Array {
  if (!mask) return outputs;
  return outputs.map((value, i) => value + (mask[i % mask.length] ?? 0));
}
