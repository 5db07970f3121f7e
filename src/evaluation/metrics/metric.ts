import type { SavedState } from "../../core/saved_state.ts";

/** A measure that gathers values and can be asked for its result at any time; knows no strategy. */
export interface Metric<Result> {
  result(): Result;
  /** Forgets everything. */
  reset(): void;
  /** What `restore` needs to go on from here, as plain data that survives JSON. */
  save(): SavedState;
  /** @throws {TypeError} If `state` was not made by `save`. */
  restore(state: unknown): void;
}
