import type * as tf from "@tensorflow/tfjs";
import type { ModelVectors } from "../engine/engine.ts";
import { restoreWeights } from "./model_snapshot.ts";

const known = new WeakMap<tf.LayersModel, LazyWeights>();

/**
 * Makes a LayersModel's weights those of flat vectors elsewhere, but copies them only when somebody looks at a weight:
 * the copy takes as long as a training step on a few samples. Every way to a weight (predict, getWeights, save, read)
 * goes through its LayerVariable, whose `val` becomes an accessor here.
 */
export class LazyWeights {
  readonly #model: tf.LayersModel;
  #source: ModelVectors | undefined;

  private constructor(model: tf.LayersModel) {
    this.#model = model;
    for (const weight of model.weights) {
      const variable = weight.read();
      const get = () => {
        this.#update();
        return variable;
      };
      Object.defineProperty(weight, "val", { configurable: true, enumerable: true, get });
    }
  }

  /** The one of this model, which stays its owner's. */
  static of(model: tf.LayersModel): LazyWeights {
    let weights = known.get(model);
    if (!weights) {
      weights = new LazyWeights(model);
      known.set(model, weights);
    }
    return weights;
  }

  /**
   * From now on the weights are those of `source`, as it is when somebody looks next.
   * @param source Borrowed until then; may lie in shared memory.
   */
  follow(source: ModelVectors): void {
    this.#source = source;
  }

  #update(): void {
    const source = this.#source;
    if (!source) return;
    // First of all: what follows looks at the weights itself.
    this.#source = undefined;
    // Who disposes of the model looks at its weights too.
    if (this.#model.weights.some((weight) => weight.read().isDisposed)) return;
    restoreWeights(this.#model, source);
  }
}
