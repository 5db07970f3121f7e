import { type PenaltyVectors, type QuadraticPenalty, readPenalty } from "../../../cluster/penalty.ts";
import type { ParameterRange } from "../parameter_ranges.ts";

/**
 * The gradient of a step without that of its penalties: target ← g − Σ 2s(aθ − b) on a range, with θ the parameters
 * before the step.
 */
function writeTaskGradient(
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
  for (const penalty of step.penalties) {
    const { a, b } = readPenalty(penalty);
    const { scale } = penalty;
    for (let i = start; i < end; i++) {
      target[i] = (target[i] ?? 0) - 2 * scale * ((a[i] ?? 0) * (before[i] ?? 0) - (b[i] ?? 0));
    }
  }
}

/** What is left of a step's penalties once all but the last are taken from its gradient. */
export interface LastPenalty {
  readonly gradient: Float32Array;
  /** Taken from `gradient` by whoever goes through it; only to be read. */
  readonly penalty: (PenaltyVectors & Pick<QuadraticPenalty, "scale">) | undefined;
}

/** The gradient of a step [P] and the penalties that it holds. */
type PenalizedStep = Parameters<typeof writeTaskGradient>[1];

/**
 * Takes all penalties but the last from a step's gradient: one pass over the parameters for the most usual step, of one
 * penalty, as such passes wait for memory.
 */
export class TaskGradient {
  #rest = new Float32Array(0);

  /** The result's gradient is the step's own where it has one penalty or none; else borrowed until the next call. */
  leaveLast({ gradient, before, penalties }: PenalizedStep): LastPenalty {
    const last = penalties.at(-1);
    const penalty = last && { ...readPenalty(last), scale: last.scale };
    if (penalties.length < 2) return { gradient, penalty };
    if (this.#rest.length !== gradient.length) this.#rest = new Float32Array(gradient.length);
    const others = { gradient, before, penalties: penalties.slice(0, -1) };
    writeTaskGradient(this.#rest, others, { start: 0, end: gradient.length });
    return { gradient: this.#rest, penalty };
  }
}
