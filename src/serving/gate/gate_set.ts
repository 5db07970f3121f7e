/** Held samples of one experience, in memory that all threads share. */
export interface GateSet {
  /** Which experience they are of, from 0. */
  readonly experience: number;
  readonly rows: number;
  /** [rows, …], as the model takes them. */
  readonly samples: Float32Array<SharedArrayBuffer> | Uint8Array<SharedArrayBuffer>;
  /** Class ids: [rows]. */
  readonly targets: Int32Array<SharedArrayBuffer>;
  /** The label of each class id; ids are columns of the outputs where there are none. */
  readonly classNames?: readonly string[];
  /** [rows], for models that take task labels. */
  readonly taskLabels?: Int32Array<SharedArrayBuffer>;
}

/** Accuracy on the held samples of an experience. */
export interface GateAccuracy {
  readonly experience: number;
  /** From 0 to 1. */
  readonly accuracy: number;
}
