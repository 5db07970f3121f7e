import { RangeRefusal } from "../../core/errors/errors.ts";
import type { CriterionData } from "./criterion.ts";

/**
 * Refuses a loss that counts every output for a head that grows. Units whose class was not trained answer −1000 there,
 * and an evaluation adds units for classes that are still to come: the loss would be of the size of that answer, and
 * training would depend on what is evaluated.
 * @throws {RangeRefusal} If the model has such a head.
 */
export function refuseGrowingHead(criterion: string, { hasGrowingHead }: Partial<CriterionData>): void {
  if (!hasGrowingHead) return;
  const reason = `${criterion} counts every output, and a head that grows has outputs that were not trained`;
  throw new RangeRefusal(`${reason}: take plain cross-entropy, or a head of fixed width`);
}
