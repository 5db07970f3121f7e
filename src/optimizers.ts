/**
 * Optimizers: `firn/optimizers`.
 * @module
 */

export { Adagrad } from "./optimizers/adagrad.ts";
export { Adam, AdamW } from "./optimizers/adam.ts";
export type { GroupOptions } from "./optimizers/create_groups.ts";
export type { Optimizer, StepRates } from "./optimizers/optimizer.ts";
export type { AdagradSpec, AdamSpec, OptimizerSpec, RMSpropSpec, SGDSpec } from "./optimizers/optimizer_spec.ts";
export type { AdagradOptions, AdamOptions, RMSpropOptions, SGDOptions } from "./optimizers/options.ts";
export type { GroupSchedule, OptimizerRule, ParameterGroup, ParameterPattern } from "./optimizers/parameter_groups.ts";
export { RMSprop } from "./optimizers/rmsprop.ts";
export { SGD } from "./optimizers/sgd.ts";
