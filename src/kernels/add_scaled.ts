import { addScaled as addScaledSlowly } from "../core/vector.ts";
import { VectorKernels } from "./vector_kernels.ts";

/** Shorter vectors are not worth a call of a kernel. */
const LEAST_LENGTH = 1024;

let kernels: VectorKernels | undefined;

/**
 * target += factor · addend, in place, in double precision and rounded once; tiny sums are flushed to 0. The bits are
 * those of `addScaled` of `core/vector.ts`, several elements at a time.
 * @param addend Of one length with `target`; they may be the same vector.
 */
export function addScaled(target: Float32Array, addend: Float32Array, factor: number): void {
  const { length } = target;
  if (length < LEAST_LENGTH || addend.length !== length) {
    addScaledSlowly(target, addend, factor);
    return;
  }
  kernels ??= new VectorKernels();
  kernels.compute(
    { written: [target], read: [addend] },
    { start: 0, end: length },
    (functions, [t = 0, a = 0], count) => functions.addScaled(t, a, count, factor),
  );
}
