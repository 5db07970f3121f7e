import fc from "fast-check";
import type { SavedState } from "../../../src/core/saved_state.ts";

const arrays = fc.oneof(
  fc.float32Array({ maxLength: 5 }),
  fc.float64Array({ maxLength: 5 }),
  fc.int32Array({ maxLength: 5 }),
  fc.uint8Array({ maxLength: 5 }),
);

const keys = fc.oneof(
  fc.string({ unit: "binary", maxLength: 4 }),
  fc.constantFrom("$tensor", "$number", "__metadata__", "a.b", "0"),
);

const { tree } = fc.letrec<{ tree: SavedState }>((tie) => ({
  tree: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constant(null),
    fc.boolean(),
    fc.double(),
    fc.string({ unit: "binary", maxLength: 6 }),
    arrays,
    fc.array(tie("tree"), { maxLength: 4 }),
    fc.dictionary(keys, tie("tree"), { maxKeys: 4, noNullPrototype: true }),
  ),
}));

/** Any tree of saved state: odd numbers, odd keys, the same array in several places. */
export const savedStates: fc.Arbitrary<SavedState> = fc
  .record({ tree, shared: arrays })
  .map(({ tree: part, shared }) => ({ part, first: shared, again: [shared, shared.slice()] }));

/** The state with every array as its class and its bytes: two states are the same if and only if these are equal. */
export function spellOut(state: SavedState): unknown {
  if (Array.isArray(state)) return state.map(spellOut);
  if (state === null || typeof state !== "object") return state;
  if (ArrayBuffer.isView(state)) {
    const bytes = new Uint8Array(state.buffer, state.byteOffset, state.byteLength);
    return { class: state.constructor.name, bytes: [...bytes] };
  }
  return Object.fromEntries(Object.entries(state).map(([key, item]) => [key, spellOut(item)]));
}
