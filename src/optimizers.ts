/**
 * Optimizers: `firn/optimizers`.
 * @module
 */

export { Adagrad } from "./optimizers/adagrad.ts";
export { Adam, AdamW } from "./optimizers/adam.ts";
export type { Optimizer } from "./optimizers/optimizer.ts";
export type { AdagradSpec, AdamSpec, OptimizerSpec, RMSpropSpec, SGDSpec } from "./optimizers/optimizer_spec.ts";
export type { AdagradOptions, AdamOptions, RMSpropOptions, SGDOptions } from "./optimizers/options.ts";
export { RMSprop } from "./optimizers/rmsprop.ts";
export { SGD } from "./optimizers/sgd.ts";
