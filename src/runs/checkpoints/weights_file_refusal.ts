import { RangeRefusal } from "../../core/errors/errors.ts";

/** A checkpoint is whole, and the file with the weights that it leaves out is missing or another one. */
export class WeightsFileRefusal extends RangeRefusal {
  override readonly name = "WeightsFileRefusal";
}
