import { RangeRefusal } from "../../core/errors/errors.ts";

/** A rank will not answer any more: its process or its machine has ended, or it failed and said so. */
export class LostRankError extends RangeRefusal {
  override readonly name = "LostRankError";
}
