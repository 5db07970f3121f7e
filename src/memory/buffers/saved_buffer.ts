import type { SavedState } from "../../core/saved_state.ts";
import type { DataSource } from "../../data/data_source.ts";
import type { ExemplarsBuffer } from "./exemplars_buffer.ts";

/** A buffer's state as plain data. */
export function saveBuffer(buffer: ExemplarsBuffer): SavedState {
  return buffer.save();
}

/**
 * Brings a buffer back to what `saveBuffer` gave.
 * @throws {TypeError} If it was another kind of buffer's.
 */
export function restoreBuffer(
  buffer: ExemplarsBuffer,
  saved: SavedState,
  sources: ReadonlyMap<string, DataSource>,
): void {
  buffer.restore(saved, { sources });
}
