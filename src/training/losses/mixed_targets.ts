import type { ObjectiveWriter } from "../../cluster/objective_writer.ts";
import { elementAt } from "../../core/element_at.ts";
import type { HostTensor } from "../../core/host_tensor.ts";
import type { Mixing } from "../../data/transforms/mixing.ts";
import type { Criterion } from "./criterion.ts";
import type { LossAndGradient } from "./loss_and_gradient.ts";

/** The class ids [B] of the samples that are mixed into those with class ids y [B]. */
export function takePartners(y: Int32Array, { partners }: Pick<Mixing, "partners">): Int32Array {
  return partners.map((place) => elementAt(y, place));
}

/** share · own + (1 − share) · other, row by row, where both have targets that sum to 1. */
export function mixObjectives(own: ObjectiveWriter, other: ObjectiveWriter, { shares }: Mixing): ObjectiveWriter {
  return {
    ...own,
    write(targets, weights) {
      own.write(targets, weights);
      const [otherTargets, otherWeights] = [new Float32Array(targets.length), new Float32Array(weights.length)];
      other.write(otherTargets, otherWeights);
      const width = targets.length / shares.length;
      for (const [row, share] of shares.entries()) {
        if (share === 1) continue;
        const [ownPart, otherPart] = [share * elementAt(weights, row), (1 - share) * elementAt(otherWeights, row)];
        const sum = ownPart + otherPart;
        weights[row] = sum;
        if (sum === 0) continue;
        for (let i = row * width; i < (row + 1) * width; i++) {
          targets[i] = (ownPart * elementAt(targets, i) + otherPart * elementAt(otherTargets, i)) / sum;
        }
      }
    },
  };
}

/** A minibatch whose loss is computed on the coordinator. */
interface EvaluatedMinibatch {
  readonly mbOutput: HostTensor;
  readonly mbY: Int32Array;
  readonly mbValues: HostTensor | undefined;
}

/** The criterion's loss of a minibatch on the coordinator; of mixed samples, of both their targets by their shares. */
export function evaluateCriterion(
  criterion: Criterion,
  { mbOutput, mbY, mbValues }: EvaluatedMinibatch,
  mixing: Mixing | undefined,
): LossAndGradient | Promise<LossAndGradient> {
  const evaluate = (y: Int32Array) => criterion.evaluate(mbOutput, y, mbValues);
  return mixing ? evaluateMixed(evaluate, mbY, mixing) : evaluate(mbY);
}

async function evaluateMixed(
  evaluate: (y: Int32Array) => LossAndGradient | Promise<LossAndGradient>,
  y: Int32Array,
  mixing: Mixing,
): Promise<LossAndGradient> {
  const [own, other] = [await evaluate(y), await evaluate(takePartners(y, mixing))];
  const { shares } = mixing;
  const dOutput = own.dOutput.slice();
  const losses = new Float64Array(shares.length);
  const width = dOutput.length / shares.length;
  for (const [row, share] of shares.entries()) {
    losses[row] = share * (own.losses?.[row] ?? 0) + (1 - share) * (other.losses?.[row] ?? 0);
    for (let i = row * width; i < (row + 1) * width; i++) {
      dOutput[i] = share * elementAt(own.dOutput, i) + (1 - share) * elementAt(other.dOutput, i);
    }
  }
  return { loss: losses.reduce((sum, loss) => sum + loss, 0) / shares.length, dOutput, losses };
}
