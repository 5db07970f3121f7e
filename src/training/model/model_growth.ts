import { compareParameters, type LayoutChange, remapVector } from "../../core/remap_vector.ts";
import type { ModelSnapshot } from "../../models/model_snapshot.ts";

/**
 * How a model's vectors changed places when its heads grew. A plugin that keeps a vector by the model's layout moves it
 * with `remap`. Penalties that take part in training have been moved already.
 */
export interface ModelGrowth {
  /** Of the parameters [P before] to [P after]. */
  readonly parameters: LayoutChange;
  /** Of the layers' state [Q before] to [Q after]. */
  readonly state: LayoutChange;
  /**
   * A vector by the parameters' layout [P before] in its new places [P after]; the new parts are those of `fill`, or
   * zero. The caller owns the result.
   * @throws {RangeError} If the vector has not the old length, or `fill` not the new.
   */
  remap(vector: Float32Array, fill?: Float32Array): Float32Array;
  /** The same for a vector by the layout of the layers' state, [Q before] to [Q after]. */
  remapState(vector: Float32Array, fill?: Float32Array): Float32Array;
}

type Layouts = Pick<ModelSnapshot, "layout" | "stateLayout">;

/** The change from one model's layouts to a wider one's. */
export function createModelGrowth(before: Layouts, after: Layouts): ModelGrowth {
  const parameters = compareParameters(before, after);
  const state = { from: before.stateLayout, to: after.stateLayout };
  return {
    parameters,
    state,
    remap: (vector, fill) => move(vector, parameters, fill),
    remapState: (vector, fill) => move(vector, state, fill),
  };
}

function move(vector: Float32Array, change: LayoutChange, fill?: Float32Array): Float32Array {
  const into = fill ? Float32Array.from(fill) : new Float32Array(change.to.size);
  return remapVector(vector, { ...change, into });
}
