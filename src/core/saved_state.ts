/**
 * What parts of a run save of themselves: plain data and typed arrays, nested as they like. It survives a checkpoint
 * file; NaN and infinities may stand in typed arrays alone.
 */
export type SavedState =
  | null
  | boolean
  | number
  | string
  | Float32Array
  | Float64Array
  | Int32Array
  | Uint8Array
  | readonly SavedState[]
  | { readonly [key: string]: SavedState };
