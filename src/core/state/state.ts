/** All that a declaration of state is written with. */

export { idSet, list, mapById, mapByName, optional, record } from "./container_fields.ts";
export { type Declared, declareState, type State } from "./declare_state.ts";
export type { Field, ValueOf } from "./field.ts";
export { anything, converted, made, type Part, part } from "./part_fields.ts";
export { count, flag, float64Vector, int32Vector, kind, number, text, vector } from "./value_fields.ts";
