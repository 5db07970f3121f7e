/// <reference path="./quadprog_types.ts" />
import { solveQP } from "quadprog";
import { elementAt } from "../../core/element_at.ts";
import { needs, RangeRefusal } from "../../core/errors/errors.ts";
import { assertSameLength, dot } from "../../core/vector.ts";
import { addAllScaled } from "../../kernels/add_scaled.ts";
import { computeGram } from "../../kernels/gram_matrix.ts";

/** Added to the diagonal of GGᵀ, so that memories whose gradients are dependent still have one solution. */
const RIDGE = 1e-3;

/**
 * Moves `gradient` g the least way such that no memory's loss rises, in place, if it would raise one: g + Gᵀv, where v
 * solves the dual, min ½ vᵀ(GGᵀ + 10⁻³I)v + (Gg)ᵀv with every v ≥ γ. The bound γ on v and the ridge are those of the
 * authors' program; the paper adds γ to v afterwards.
 * @param memories G, one gradient [P] a memory; borrowed.
 * @param memoryStrength γ
 * @returns Whether it was moved.
 * @throws {RangeError} If the lengths differ, or a number is not finite.
 * @see Lopez-Paz and Ranzato 2017, arXiv:1706.08840, equations 8 to 12
 */
export function projectOntoMemories(
  gradient: Float32Array,
  memories: readonly Float32Array[],
  memoryStrength: number,
): boolean {
  const act = "GEM";
  for (const memory of memories) assertSameLength(act, gradient, memory);
  // The first conflict is enough to know that all products are needed.
  const areInConflict = memories.some((memory) => {
    const product = dot(memory, gradient);
    assertFinite(act, product);
    return product < 0;
  });
  if (!areInConflict) return false;
  const width = memories.length + 1;
  const gram = computeGram([...memories, gradient]);
  const conflicts = memories.map((_, i) => elementAt(gram, i * width + memories.length));
  for (const product of conflicts) assertFinite(act, product);
  const rows = memories.map((_, i) => [...gram.subarray(i * width, i * width + memories.length)]);
  addAllScaled(gradient, memories, solveDual(rows, conflicts, memoryStrength));
  return true;
}

function assertFinite(act: string, product: number): void {
  if (!Number.isFinite(product)) throw new RangeRefusal(needs(act, "finite gradients", product));
}

/** The v ≥ γ that minimises ½ vᵀ(Q + 10⁻³I)v + qᵀv. */
function solveDual(gram: readonly (readonly number[])[], conflicts: readonly number[], bound: number): number[] {
  // The package counts from 1.
  const count = (values: readonly number[]) => [0, ...values];
  const identity = (i: number) => count(conflicts.map((_, j) => (i === j ? 1 : 0)));
  const { solution, message } = solveQP(
    [[], ...gram.map((row, i) => count(row.map((value, j) => value + (i === j ? RIDGE : 0))))],
    count(conflicts.map((value) => -value)),
    [[], ...conflicts.map((_, i) => identity(i))],
    count(conflicts.map(() => bound)),
  );
  if (message !== "") throw new RangeRefusal(needs("GEM", "a quadratic program with a solution", message));
  return solution.slice(1);
}
