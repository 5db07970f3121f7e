import { converted, type Field, record, vector } from "../../../core/state/state.ts";
import type { ModelGrowth } from "../../../training/model/model_growth.ts";

/** Runs of held parameters are copied as such if there is one in so many parameters, or fewer. */
const LEAST_RUN = 64;

/**
 * Parameters that keep their values whatever the optimizer does: momentum, weight decay and gradients move them and
 * `putBack`, called after each update, undoes it. So steps stay fused, and held is held with every optimizer.
 */
export class HeldParameters {
  readonly values: Float32Array;
  /** 1 where a parameter is held [P]. */
  readonly mask: Float32Array;

  /** Where held parameters begin and end, one run after another; undefined where most runs are short. */
  readonly #runs: readonly (readonly [start: number, end: number])[] | undefined;

  /** Holds those of `parameters` [P] that `mask` [P] marks with 1, at their values now. Both are copied. */
  constructor(parameters: Float32Array, mask: Float32Array) {
    this.values = Float32Array.from(parameters);
    this.mask = Float32Array.from(mask);
    this.#runs = listRuns(this.mask);
  }

  putBack(parameters: Float32Array): void {
    if (this.#runs) {
      for (const [start, end] of this.#runs) parameters.set(this.values.subarray(start, end), start);
      return;
    }
    for (let i = 0; i < parameters.length; i++) {
      if (this.mask[i] === 1) parameters[i] = this.values[i] ?? 0;
    }
  }

  /** The same for a model whose heads have grown; what is new is not held. */
  grow(growth: ModelGrowth): HeldParameters {
    return new HeldParameters(growth.remap(this.values), growth.remap(this.mask));
  }
}

/** Runs of ones; undefined if there are so many that copying them one by one would not pay. */
function listRuns(mask: Float32Array): (readonly [start: number, end: number])[] | undefined {
  const runs: (readonly [number, number])[] = [];
  for (let start = mask.indexOf(1); start >= 0; ) {
    let end = start + 1;
    while (mask[end] === 1) end += 1;
    runs.push([start, end]);
    if (runs.length * LEAST_RUN > mask.length) return;
    start = mask.indexOf(1, end);
  }
  return runs;
}

/** A field that holds such parameters. */
export function heldParameters(): Field<HeldParameters> {
  return converted(record({ values: vector(), mask: vector() }), {
    create: () => new HeldParameters(new Float32Array(0), new Float32Array(0)),
    save: (held: HeldParameters) => held,
    restore: ({ values, mask }) => new HeldParameters(values, mask),
  });
}
