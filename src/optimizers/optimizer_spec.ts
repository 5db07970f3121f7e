/** The constants of stochastic gradient descent. */
export interface SGDSpec {
  readonly kind: "sgd";
  readonly momentum: number;
  readonly dampening: number;
  readonly weightDecay: number;
  readonly nesterov: boolean;
}

/** The constants of Adam and AdamW. */
export interface AdamSpec {
  readonly kind: "adam";
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  /** True for AdamW: the decay shrinks the parameters directly instead of entering the moments. */
  readonly decoupledWeightDecay: boolean;
}

/** The constants of RMSprop. */
export interface RMSpropSpec {
  readonly kind: "rmsprop";
  /** The smoothing constant of the mean square. */
  readonly alpha: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  readonly momentum: number;
  readonly centered: boolean;
}

/** The constants of Adagrad. */
export interface AdagradSpec {
  readonly kind: "adagrad";
  readonly learningRateDecay: number;
  readonly weightDecay: number;
  readonly epsilon: number;
}

/**
 * How parameters follow the gradient, as plain data that crosses to Workers; the learning rate travels with each step.
 */
export type OptimizerSpec = SGDSpec | AdamSpec | RMSpropSpec | AdagradSpec;
