import { ScaledVectors } from "../../../src/kernels/scaled_vectors.ts";
import { holdGradient, type MemoryGradients } from "../../../src/methods/gem/project_gradient.ts";

/** Gradients of memories [N][P], held for a projection. */
export function holdMemories(memories: readonly Float32Array[]): MemoryGradients {
  const vectors = new ScaledVectors();
  vectors.reserve(memories.length + 1, memories[0]?.length ?? 0);
  for (const [place, memory] of memories.entries()) holdGradient(vectors, place, memory);
  return { vectors, count: memories.length };
}
