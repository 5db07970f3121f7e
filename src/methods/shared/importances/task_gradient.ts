import type { QuadraticPenalty } from "../../../cluster/penalty.ts";
import type { ParameterRange } from "../parameter_ranges.ts";

/**
 * The gradient of a step without that of its penalties: target ← g − Σ 2s(aθ − b) on a range, with θ the parameters
 * before the step.
 */
export function writeTaskGradient(
  target: Float32Array,
  step: {
    readonly gradient: Float32Array;
    readonly before: Float32Array;
    readonly penalties: readonly QuadraticPenalty[];
  },
  { start, end }: ParameterRange,
): void {
  const { gradient, before } = step;
  target.set(gradient.subarray(start, end), start);
  for (const { a, b, scale } of step.penalties) {
    for (let i = start; i < end; i++) {
      target[i] = (target[i] ?? 0) - 2 * scale * ((a[i] ?? 0) * (before[i] ?? 0) - (b[i] ?? 0));
    }
  }
}
