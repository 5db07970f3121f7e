import { createSharedFloat32 } from "../core/shared/shared_memory.ts";
import type { VectorKernels } from "../kernels/vector_kernels.ts";

/**
 * A quadratic penalty in parameter space: scale · (Σ aᵢθᵢ² − 2 Σ bᵢθᵢ + c). A sum of anchored penalties
 * Σₖ Σᵢ Fₖᵢ (θᵢ − θₖᵢ)² is one of these with a = ΣF, b = ΣFθₖ, c = ΣFθₖ², whatever the number of terms.
 */
export interface QuadraticPenalty {
  /**
   * [P], in shared memory. Write to it only between steps, and ask for it anew each time: who asks may write. A longer
   * one takes its place when the model grows.
   */
  a: Float32Array<SharedArrayBuffer>;
  /** [P], in shared memory; likewise. */
  b: Float32Array<SharedArrayBuffer>;
  c: number;
  scale: number;
}

/** The vectors of a penalty. */
export type PenaltyVectors = Pick<QuadraticPenalty, "a" | "b">;

/** A penalty of zero over P parameters. The caller owns it; replicas read its vectors. */
export function createQuadraticPenalty(parameters: number): QuadraticPenalty {
  const vectors = { a: createSharedFloat32(parameters), b: createSharedFloat32(parameters) };
  const penalty: QuadraticPenalty = {
    get a() {
      asked.add(penalty);
      return vectors.a;
    },
    set a(vector) {
      asked.add(penalty);
      vectors.a = vector;
    },
    get b() {
      asked.add(penalty);
      return vectors.b;
    },
    set b(vector) {
      asked.add(penalty);
      vectors.b = vector;
    },
    c: 0,
    scale: 1,
  };
  known.set(penalty, vectors);
  return penalty;
}

/** The vectors of penalties that were made here, and those penalties whose vectors somebody has asked for since. */
const known = new WeakMap<QuadraticPenalty, PenaltyVectors>();
const asked = new WeakSet<QuadraticPenalty>();

/** The vectors of a penalty, to be read alone. */
export function readPenalty(penalty: QuadraticPenalty): PenaltyVectors {
  const { a, b } = known.get(penalty) ?? penalty;
  return { a, b };
}

/**
 * Whether somebody may have written to a penalty's vectors since this was asked last; always true of one that was made
 * elsewhere.
 */
export function mayHaveChanged(penalty: QuadraticPenalty): boolean {
  return asked.delete(penalty) || !known.has(penalty);
}

/**
 * Adds the penalty's gradient 2·scale·(aθ − b) to `gradient` on [start, end).
 * @returns Σ aθ² − 2bθ over the slice, without scale and c.
 */
export function addPenaltyGradient(
  { a, b }: PenaltyVectors,
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
