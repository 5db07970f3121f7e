import { createSharedFloat32 } from "../core/shared/shared_memory.ts";
import type { VectorKernels } from "../kernels/vector_kernels.ts";

/**
 * A quadratic penalty in parameter space: scale · (Σ aᵢθᵢ² − 2 Σ bᵢθᵢ + c). A sum of anchored penalties
 * Σₖ Σᵢ Fₖᵢ (θᵢ − θₖᵢ)² is one of these with a = ΣF, b = ΣFθₖ, c = ΣFθₖ², whatever the number of terms.
 */
export interface QuadraticPenalty {
  /** [P], in shared memory. Write to it only between steps. A longer one takes its place when the model grows. */
  a: Float32Array<SharedArrayBuffer>;
  /** [P], in shared memory; likewise. */
  b: Float32Array<SharedArrayBuffer>;
  c: number;
  scale: number;
}

/** A penalty of zero over P parameters. The caller owns it; replicas read its vectors. */
export function createQuadraticPenalty(parameters: number): QuadraticPenalty {
  return { a: createSharedFloat32(parameters), b: createSharedFloat32(parameters), c: 0, scale: 1 };
}

/**
 * Adds the penalty's gradient 2·scale·(aθ − b) to `gradient` on [start, end).
 * @returns Σ aθ² − 2bθ over the slice, without scale and c.
 */
export function addPenaltyGradient(
  { a, b }: Pick<QuadraticPenalty, "a" | "b">,
  { parameters, gradient }: { readonly parameters: Float32Array; readonly gradient: Float32Array },
  slice: { readonly start: number; readonly end: number; readonly scale: number },
  kernels: VectorKernels,
): number {
  return kernels.sum(
    { written: [gradient], read: [parameters, a, b] },
    slice,
    (functions, [g = 0, theta = 0, scales = 0, anchors = 0], count) =>
      functions.addPenalty(g, theta, scales, anchors, count, 2 * slice.scale),
  );
}
