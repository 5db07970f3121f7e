import { elementAt } from "../core/element_at.ts";
import { addScaled as addScaledSlowly } from "../core/vector.ts";
import { MAX_VECTORS, VectorKernels } from "./vector_kernels.ts";

/** Shorter vectors are not worth a call of a kernel. */
const LEAST_LENGTH = 1024;

/** Of one computation, beside what they are added to. */
const MAX_ADDENDS = MAX_VECTORS - 1;

let kernels: VectorKernels | undefined;

/**
 * target += factor · addend, in place, in double precision and rounded once; tiny sums are flushed to 0. The bits are
 * those of `addScaled` of `core/vector.ts`, several elements at a time.
 * @param addend Of one length with `target`; they may be the same vector.
 */
export function addScaled(target: Float32Array, addend: Float32Array, factor: number): void {
  const { length } = target;
  if (length < LEAST_LENGTH || addend.length !== length) addScaledSlowly(target, addend, factor);
  else addTogether(target, [addend], [factor]);
}

/**
 * The same for several addends, one after another, with the bits that as many calls give: what is added to is copied
 * less often.
 * @param addends Of one length with `target`, which is none of them.
 * @param factors One for each of them.
 */
export function addAllScaled(target: Float32Array, addends: readonly Float32Array[], factors: readonly number[]): void {
  for (let start = 0; start < addends.length; start += MAX_ADDENDS) {
    const end = start + MAX_ADDENDS;
    addTogether(target, addends.slice(start, end), factors.slice(start, end));
  }
}

function addTogether(target: Float32Array, addends: readonly Float32Array[], factors: readonly number[]): void {
  kernels ??= new VectorKernels();
  const vectors = { written: [target], read: addends };
  kernels.compute(vectors, { start: 0, end: target.length }, (functions, [sum = 0, ...places], count) => {
    for (const [i, place] of places.entries()) functions.addScaled(sum, place, count, elementAt(factors, i));
  });
}
