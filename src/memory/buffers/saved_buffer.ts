import { needs, TypeRefusal } from "../../core/errors/errors.ts";
import {
  parseSavedCount,
  parseSavedList,
  parseSavedNumber,
  parseSavedRecord,
  type SavedState,
} from "../../core/saved_state.ts";
import type { DataSource } from "../../data/data_source.ts";
import { parseSavedDataset } from "../../data/saved_dataset.ts";
import type { BufferState, ExemplarsBuffer, ParametricState, ReservoirState } from "./exemplars_buffer.ts";

const ACT = "the saved state of a buffer";

/** A buffer's state as plain data. */
export function saveBuffer(buffer: ExemplarsBuffer): SavedState {
  const state = buffer.save();
  if (state.kind === "reservoir") return saveReservoir(state);
  if (state.kind === "parametric") {
    const groups = state.groups.map(({ group, seen, samples }) => ({ group, seen, samples: { ...samples } }));
    return { kind: state.kind, maxSize: state.maxSize, groups };
  }
  const groups = state.groups.map((group) => ({ group: group.group, state: saveReservoir(group.state) }));
  return { kind: state.kind, maxSize: state.maxSize, groupsSeen: state.groupsSeen, groups };
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
  buffer.restore(parseBufferState(saved), sources);
}

function saveReservoir({ kind, maxSize, seen, samples, keys }: ReservoirState): SavedState {
  return { kind, maxSize, seen, samples: { ...samples }, keys: keys.slice() };
}

function parseBufferState(saved: SavedState): BufferState {
  const record = parseSavedRecord(ACT, saved);
  if (record.kind === "reservoir") return parseReservoir(saved);
  if (record.kind === "parametric") return parseParametric(saved);
  if (record.kind !== "balanced")
    throw new TypeRefusal(needs(ACT, "a reservoir, balanced or parametric state", record.kind));
  const groups = parseSavedList(ACT, record.groups).map((group) => {
    const { group: id, state } = parseSavedRecord(ACT, group);
    return { group: parseSavedNumber(ACT, id), state: parseReservoir(state) };
  });
  const maxSize = parseSavedCount(ACT, record.maxSize);
  return { kind: "balanced", maxSize, groupsSeen: parseSavedCount(ACT, record.groupsSeen), groups };
}

function parseReservoir(saved: SavedState | undefined): ReservoirState {
  const { maxSize, seen, samples, keys } = parseSavedRecord(ACT, saved);
  if (!(keys instanceof Float64Array)) throw new TypeRefusal(needs(ACT, "float64 keys", keys));
  return {
    kind: "reservoir",
    maxSize: parseSavedCount(ACT, maxSize),
    seen: parseSavedCount(ACT, seen),
    samples: parseSavedDataset(samples),
    keys,
  };
}

function parseParametric(saved: SavedState): ParametricState {
  const { maxSize, groups } = parseSavedRecord(ACT, saved);
  const parsed = parseSavedList(ACT, groups).map((entry) => {
    const { group, seen, samples } = parseSavedRecord(ACT, entry);
    return {
      group: parseSavedNumber(ACT, group),
      seen: parseSavedCount(ACT, seen),
      samples: parseSavedDataset(samples),
    };
  });
  return { kind: "parametric", maxSize: parseSavedCount(ACT, maxSize), groups: parsed };
}
