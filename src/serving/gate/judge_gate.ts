import type { GateAccuracy } from "./gate_set.ts";

/** What a version must reach to answer. */
export interface GateLimits {
  /** How much accuracy on a past experience may be lost since its best, from 0 to 1. */
  readonly maxForgetting: number;
  /** Accuracy on every experience up to the version's own; 0 asks for none. */
  readonly minAccuracy: number;
}

/** What the gate says of a version. */
export interface GateVerdict {
  readonly passes: boolean;
  /** One sentence for each experience that fails. */
  readonly reasons: readonly string[];
}

/**
 * Compares a version's accuracies with the best that versions before it reached, experience by experience.
 * Forgetting as in Chaudhry et al. 2018, Riemannian Walk, arXiv:1801.10112: the best so far minus now.
 * @param best By experience; one that is not there was not measured before.
 */
export function judgeGate(
  accuracies: readonly GateAccuracy[],
  { limits, best }: { readonly limits: GateLimits; readonly best: ReadonlyMap<number, number> },
): GateVerdict {
  const reasons = accuracies.flatMap(({ experience, accuracy }) => {
    const before = best.get(experience);
    const lost = before === undefined ? 0 : before - accuracy;
    const faults: string[] = [];
    if (lost > limits.maxForgetting) {
      const now = `${format(accuracy)} where ${format(before)} was reached`;
      faults.push(`forgets experience ${experience}: accuracy ${now}, and at most ${limits.maxForgetting} may be lost`);
    }
    if (accuracy < limits.minAccuracy) {
      faults.push(`accuracy on experience ${experience} is ${format(accuracy)}, below ${limits.minAccuracy}`);
    }
    return faults;
  });
  return { passes: reasons.length === 0, reasons };
}

/** The best accuracies with those of a version that was let through. */
export function raiseBest(
  best: ReadonlyMap<number, number>,
  accuracies: readonly GateAccuracy[],
): ReadonlyMap<number, number> {
  const raised = new Map(best);
  for (const { experience, accuracy } of accuracies) {
    raised.set(experience, Math.max(accuracy, raised.get(experience) ?? 0));
  }
  return raised;
}

function format(accuracy: number | undefined): string {
  return (accuracy ?? 0).toFixed(4);
}
