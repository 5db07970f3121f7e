/**
 * Optimizers: `firn/optimizers`.
 * @module
 */

export { Adagrad, type AdagradOptions } from "./optimizers/adagrad.ts";
export { Adam, type AdamOptions, AdamW } from "./optimizers/adam.ts";
export type { Optimizer } from "./optimizers/optimizer.ts";
export type { AdagradSpec, AdamSpec, OptimizerSpec, RMSpropSpec, SGDSpec } from "./optimizers/optimizer_spec.ts";
export { RMSprop, type RMSpropOptions } from "./optimizers/rmsprop.ts";
export { SGD, type SGDOptions } from "./optimizers/sgd.ts";
