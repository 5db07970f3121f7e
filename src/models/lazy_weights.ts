import type * as tf from "@tensorflow/tfjs";
import type { ModelVectors } from "../engine/engine.ts";
import {
  listModelVariables,
  type ModelVariables,
  readVariables,
  writeVariables,
} from "../engine/tfjs/model_variables.ts";

const known = new WeakMap<tf.LayersModel, LazyWeights>();

/**
 * Keeps a LayersModel's weights and flat vectors elsewhere the same, in both directions. The weights are copied from
 * the vectors only when one is read: the copy takes as long as a training step on a few samples. What others
 * assign to weights is noted, for the vectors' owner to take. Every way to a weight (predict, getWeights, setWeights,
 * fit, save, read, write) goes through its LayerVariable, whose `val` becomes an accessor here, or through `assign` of
 * its variable.
 */
export class LazyWeights {
  readonly #model: tf.LayersModel;
  #source: ModelVectors | undefined;
  /** As they lie in the source; layers may be frozen or unfrozen since. */
  #variables: ModelVariables;
  /** Whose values the weights are; undefined before anybody's. Weak: TF.js keeps the weights of models for ever. */
  #owner: WeakRef<ModelVectors> | undefined;
  #revision = 0;
  /** The revision at which the weights became the owner's. */
  #ownedSince = 0;
  /** The revision at which each weight was last assigned to by others. */
  readonly #assigned = new Map<tf.Variable, number>();
  #isCopying = false;

  private constructor(model: tf.LayersModel) {
    this.#model = model;
    this.#variables = listModelVariables(model);
    const { trainable, state } = this.#variables;
    for (const variable of [...trainable, ...state]) this.#watch(variable);
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

  /** Increases whenever a weight is assigned, or other vectors than before are followed. */
  get revision(): number {
    return this.#revision;
  }

  /** The revision at which a weight was last assigned. */
  get lastAssignment(): number {
    return Math.max(0, ...this.#assigned.values());
  }

  /**
   * From now on the weights are those of `source`, as it is at the next read.
   * @param source Borrowed until then; may lie in shared memory. Known again by identity.
   * @param variables The model's variables as they lie in the source. Default: as they are now.
   */
  follow(source: ModelVectors, variables: ModelVariables = listModelVariables(this.#model)): void {
    this.#source = source;
    this.#variables = variables;
    if (this.#owner?.deref() === source) return;
    this.#owner = new WeakRef(source);
    this.#revision += 1;
    this.#ownedSince = this.#revision;
  }

  /** Whether these vectors are followed and nobody has looked since: the next read shows them as they are then. */
  isFollowing(source: ModelVectors): boolean {
    return this.#source === source;
  }

  /** Copies what is followed, and lets go of it. */
  settle(): void {
    this.#update();
  }

  /** Copies nothing any more: the model is about to be disposed of. */
  forget(): void {
    this.#source = undefined;
  }

  /**
   * Copies the weights that others changed after a revision.
   * @param vectors Written to; `variables` say how the weights lie there.
   */
  copyChanges(since: number, vectors: ModelVectors, variables: ModelVariables): void {
    const { trainable, state, layout, stateLayout } = variables;
    // Not earlier: a look brings them up to date.
    this.#update();
    const isChanged = (variable: tf.Variable) => Math.max(this.#ownedSince, this.#assigned.get(variable) ?? 0) > since;
    readVariables(trainable, layout, vectors.parameters, isChanged);
    readVariables(state, stateLayout, vectors.state, isChanged);
  }

  #watch(variable: tf.Variable): void {
    const assign = variable.assign.bind(variable);
    const assignAndNote = (value: tf.Tensor) => {
      // What is followed must not be copied over the new value later.
      this.#update();
      assign(value);
      if (this.#isCopying) return;
      this.#revision += 1;
      this.#assigned.set(variable, this.#revision);
    };
    Object.defineProperty(variable, "assign", { configurable: true, value: assignAndNote });
  }

  #update(): void {
    const source = this.#source;
    if (!source) return;
    // First of all: assigning to a weight comes here again.
    this.#source = undefined;
    const { trainable, state, layout, stateLayout } = this.#variables;
    // Who disposes of the model looks at its weights too.
    if ([...trainable, ...state].some((variable) => variable.isDisposed)) return;
    this.#isCopying = true;
    try {
      writeVariables(trainable, layout, source.parameters);
      writeVariables(state, stateLayout, source.state);
    } finally {
      this.#isCopying = false;
    }
  }
}
