import { converted, type Field, record, vector } from "../../../core/state/state.ts";
import type { ModelGrowth } from "../../../training/model/model_growth.ts";

/**
 * Parameters that keep their values whatever the optimizer does: momentum, weight decay and gradients move them and
 * `putBack`, called after each update, undoes it. So steps stay fused, and held is held with every optimizer.
 */
export class HeldParameters {
  readonly values: Float32Array;
  /** 1 where a parameter is held [P]. */
  readonly mask: Float32Array;

  /** Holds those of `parameters` [P] that `mask` [P] marks with 1, at their values now. Both are copied. */
  constructor(parameters: Float32Array, mask: Float32Array) {
    this.values = Float32Array.from(parameters);
    this.mask = Float32Array.from(mask);
  }

  putBack(parameters: Float32Array): void {
    for (let i = 0; i < parameters.length; i++) {
      if (this.mask[i] === 1) parameters[i] = this.values[i] ?? 0;
    }
  }

  /** The same for a model whose heads have grown; what is new is not held. */
  grow(growth: ModelGrowth): HeldParameters {
    return new HeldParameters(growth.remap(this.values), growth.remap(this.mask));
  }
}

/** A field that holds such parameters. */
export function heldParameters(): Field<HeldParameters> {
  return converted(record({ values: vector(), mask: vector() }), {
    create: () => new HeldParameters(new Float32Array(0), new Float32Array(0)),
    save: (held: HeldParameters) => held,
    restore: ({ values, mask }) => new HeldParameters(values, mask),
  });
}
