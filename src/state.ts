/**
 * State that is declared: what metrics and plugins keep, save and restore: `firn/state`.
 * @module
 */

export type { ContextArgument, StateHooks } from "./core/state/declare_state.ts";
export type { ContextOf, ContextOfAll, Fields, Place, Values } from "./core/state/field.ts";
export type { Conversion, PartField } from "./core/state/part_fields.ts";
export {
  converted,
  count,
  type Declared,
  declareState,
  type Field,
  flag,
  float64Vector,
  idSet,
  int32Vector,
  kind,
  list,
  made,
  mapById,
  mapByName,
  number,
  optional,
  type Part,
  part,
  record,
  type State,
  text,
  type ValueOf,
  vector,
} from "./core/state/state.ts";
export { datasetField } from "./data/saved_dataset.ts";
