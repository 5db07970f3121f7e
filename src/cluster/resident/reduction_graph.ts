import type { VectorGraph } from "../../engine/device/vector_program.ts";
import { VectorArithmetic } from "./vector_arithmetic.ts";

/** What the gradients of a step become. */
export interface ReductionShape {
  /** Gradients of shards. */
  readonly slots: number;
  /** Quadratic penalties. */
  readonly penalties: number;
  /** Values on the device. */
  readonly length: number;
}

/** The name of the gradient of a shard. */
export function nameSlot(shard: number): string {
  return `slot ${shard}`;
}

/** The names of what belongs to a penalty. */
export function namePenalty(index: number, part: "a" | "b" | "factor" | "sum"): string {
  return `penalty ${index} ${part}`;
}

/**
 * The sum of the shards' gradients in their order, then f·(aθ − b) of each penalty, and of each the sum Σ θ(aθ − 2b):
 * what `reduceSlots` and `addPenaltyGradient` compute. The sums are added up in another order, in double precision.
 */
export function buildReductionGraph({ slots, penalties, length }: ReductionShape): VectorGraph {
  const graph = new VectorArithmetic();
  let gradient = graph.vector(nameSlot(0), length);
  for (let shard = 1; shard < slots; shard++) gradient = graph.add(gradient, graph.vector(nameSlot(shard), length));
  for (let i = 0; i < penalties; i++) {
    const theta = graph.vector("parameters", length);
    const [a, b] = [graph.vector(namePenalty(i, "a"), length), graph.vector(namePenalty(i, "b"), length)];
    const pull = graph.multiply(graph.flush(a), theta);
    const change = graph.multiply(graph.scalar(namePenalty(i, "factor")), graph.flush(graph.subtract(pull, b)));
    gradient = graph.add(gradient, change);
    graph.outputSum(namePenalty(i, "sum"), graph.multiply(theta, graph.subtract(pull, graph.add(b, b))));
  }
  graph.output("gradient", gradient);
  return graph.finish();
}
