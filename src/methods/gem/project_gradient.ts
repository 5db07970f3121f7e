/// <reference path="./quadprog_types.ts" />
import { solveQP } from "quadprog";
import { elementAt } from "../../core/element_at.ts";
import { needs, RangeRefusal } from "../../core/errors/errors.ts";
import type { ScaledVectors } from "../../kernels/scaled_vectors.ts";

/** Added to the diagonal of GGᵀ, so that memories whose gradients are dependent still have one solution. */
const RIDGE = 1e-3;

/** The gradient of each memory of the past [N, P], and behind them a place for the step's own. */
export interface MemoryGradients {
  /** N */
  readonly count: number;
  readonly vectors: ScaledVectors;
}

/**
 * Holds a memory's gradient, or the step's own.
 * @throws {RangeError} If the lengths differ, or a number is not finite.
 */
export function holdGradient(vectors: ScaledVectors, place: number, gradient: Float32Array): void {
  assertFinite(vectors.hold(place, gradient));
}

/**
 * Moves `gradient` g the least way such that no memory's loss rises, in place, if it would raise one: g + Gᵀv, where v
 * solves the dual, min ½ vᵀ(GGᵀ + 10⁻³I)v + (Gg)ᵀv with every v ≥ γ. The bound γ on v and the ridge are those of the
 * authors' program; the paper adds γ to v afterwards. Whether a memory is in conflict is decided in double precision;
 * GGᵀ and Gg are exact to about 1e-7 of the gradients' lengths.
 * @param memories G; borrowed.
 * @param memoryStrength γ
 * @returns Whether it was moved.
 * @throws {RangeError} If the lengths differ, or a number is not finite.
 * @see Lopez-Paz and Ranzato 2017, arXiv:1706.08840, equations 8 to 12
 */
export function projectOntoMemories(
  gradient: Float32Array,
  { vectors, count }: MemoryGradients,
  memoryStrength: number,
): boolean {
  holdGradient(vectors, count, gradient);
  const places = Array.from({ length: count }, (_, i) => i);
  // The first conflict is enough to know that all products are needed.
  if (!places.some((place) => vectors.multiply(place, count) < 0)) return false;
  const gram = vectors.computeGram();
  const width = count + 1;
  const conflicts = places.map((i) => elementAt(gram, i * width + count));
  const rows = places.map((i) => [...gram.subarray(i * width, i * width + count)]);
  vectors.addTo(gradient, solveDual(rows, conflicts, memoryStrength));
  return true;
}

function assertFinite(largest: number): void {
  if (!Number.isFinite(largest)) throw new RangeRefusal(needs("GEM", "finite gradients", largest));
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
