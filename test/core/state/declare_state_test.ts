import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { idSet, list, mapById, mapByName, optional, record } from "../../../src/core/state/container_fields.ts";
import { type Declared, declareState } from "../../../src/core/state/declare_state.ts";
import type { Field, Fields } from "../../../src/core/state/field.ts";
import { converted, made, type Part, part } from "../../../src/core/state/part_fields.ts";
import {
  count,
  flag,
  float64Vector,
  int32Vector,
  kind,
  number,
  text,
  vector,
} from "../../../src/core/state/value_fields.ts";
import { decodeCheckpoint, encodeCheckpoint } from "../../../src/runs/checkpoints/checkpoint_codec.ts";

/** A kind of field with any of its values. */
interface MadeField {
  readonly field: Field<unknown>;
  readonly values: fc.Arbitrary<unknown>;
  /** True where what is saved survives JSON. */
  readonly isJSON: boolean;
}

/** Hides which value a field has: a state made of any kinds has values of any kinds. */
function makeField<Value>(field: Field<Value>, values: fc.Arbitrary<Value>, isJSON = true): MadeField {
  return { field: field as Field<unknown>, values, isJSON };
}

/** −0 is 0 after JSON. Arrays have no NaN: a copy may hold it with another sign, and bits are compared. */
const numbers = fc.oneof(fc.double(), fc.constantFrom(Number.NaN, Infinity, -Infinity)).map((value) => value + 0);
const counts = fc.nat(Number.MAX_SAFE_INTEGER);
const ids = fc.maxSafeInteger().map((value) => value + 0);
const names = fc.oneof(fc.string({ maxLength: 3 }), fc.constantFrom("__proto__", "constructor", "$tensor"));

const plain: Readonly<Record<string, MadeField>> = {
  number: makeField(number(), numbers),
  count: makeField(count(), counts),
  flag: makeField(flag(), fc.boolean()),
  text: makeField(text(), fc.string()),
  kind: makeField(kind("made"), fc.constant<"made">("made")),
  vector: makeField(vector(), fc.float32Array({ noNaN: true }), false),
  float64Vector: makeField(
    float64Vector(),
    fc.float64Array({ noNaN: true }).map((values) => Float64Array.from(values)),
    false,
  ),
  int32Vector: makeField(
    int32Vector(),
    fc.int32Array().map((values) => Int32Array.from(values)),
    false,
  ),
  idSet: makeField(
    idSet(),
    fc.array(ids).map((values) => new Set(values)),
  ),
};

/** Fields of the plain kinds and of kinds made of them. */
const fields: fc.Arbitrary<MadeField> = fc.letrec<{ field: MadeField }>((tie) => ({
  field: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom(...Object.values(plain)),
    tie("field").map(({ field, values, isJSON }) => {
      return makeField(optional(field), fc.option(values, { nil: undefined }), isJSON);
    }),
    tie("field").map(({ field, values, isJSON }) => makeField(list(field), fc.array(values, { maxLength: 3 }), isJSON)),
    tie("field").map(({ field, values, isJSON }) => {
      return makeField(
        mapById(field),
        fc.array(fc.tuple(ids, values), { maxLength: 3 }).map((all) => new Map(all)),
        isJSON,
      );
    }),
    tie("field").map(({ field, values, isJSON }) => {
      const entries = fc.array(fc.tuple(names, values), { maxLength: 3 });
      return makeField(
        mapByName(field),
        entries.map((all) => new Map(all)),
        isJSON,
      );
    }),
    fc.tuple(tie("field"), tie("field")).map(([a, b]) => {
      return makeField(
        record({ a: a.field, b: b.field }),
        fc.record({ a: a.values, b: b.values }),
        a.isJSON && b.isJSON,
      );
    }),
  ),
})).field;

/** A declaration and values for it. */
const declarations = fc
  .dictionary(fc.constantFrom("a", "b", "c", "d"), fields, { maxKeys: 4, noNullPrototype: true })
  .chain((made) => {
    const declared: Fields = Object.fromEntries(Object.entries(made).map(([name, { field }]) => [name, field]));
    const values = Object.fromEntries(Object.entries(made).map(([name, { values: some }]) => [name, some]));
    const isJSON = Object.values(made).every((field) => field.isJSON);
    return fc.record({ declared: fc.constant(declared), values: fc.record(values), isJSON: fc.constant(isJSON) });
  });

function readValues(state: Declared<Fields>, declared: Fields): Record<string, unknown> {
  return Object.fromEntries(Object.keys(declared).map((name) => [name, state[name]]));
}

describe("declareState()", () => {
  test("any state goes on from a checkpoint file, and from JSON where it has no typed arrays", () => {
    fc.assert(
      fc.property(declarations, ({ declared, values, isJSON }) => {
        const state = declareState("a test", declared);
        const initial = readValues(declareState("a test", declared), declared);
        Object.assign(state, values);
        const copy = declareState("a test", declared);
        copy.restore(decodeCheckpoint(encodeCheckpoint(state.save())));
        expect(readValues(copy, declared)).toEqual(values);
        if (isJSON) {
          copy.reset();
          expect(readValues(copy, declared)).toEqual(initial);
          copy.restore(JSON.parse(JSON.stringify(state.save())));
          expect(readValues(copy, declared)).toEqual(values);
        }
      }),
      { numRuns: 300 },
    );
  });

  test("nothing saved changes with the state, and no two states share an array", () => {
    const fieldsOfArrays = { mean: vector(), sums: list(float64Vector()), rows: int32Vector() };
    const state = declareState("a test", fieldsOfArrays);
    [state.mean, state.sums, state.rows] = [Float32Array.of(1), [Float64Array.of(2)], Int32Array.of(3)];
    const saved = state.save();
    const copy = declareState("a test", fieldsOfArrays);
    copy.restore(saved);
    for (const array of [state.mean, ...state.sums, state.rows]) array.fill(9);
    expect(saved).toEqual({ mean: Float32Array.of(1), sums: [Float64Array.of(2)], rows: Int32Array.of(3) });
    for (const array of [copy.mean, ...copy.sums, copy.rows]) array.fill(8);
    expect(saved).toEqual({ mean: Float32Array.of(1), sums: [Float64Array.of(2)], rows: Int32Array.of(3) });
  });

  test("each kind refuses what every other kind saves", () => {
    const samples: Readonly<Record<string, unknown>> = {
      number: 0.5,
      count: 3,
      flag: true,
      text: "some text",
      kind: "made",
      vector: Float32Array.of(1),
      float64Vector: Float64Array.of(1),
      int32Vector: Int32Array.of(1),
      idSet: [-3],
      nothing: null,
      missing: undefined,
      record: { a: 1 },
      bytes: Uint8Array.of(1),
    };
    /** What is of two kinds at once. */
    const alike = new Set(["count as number", "kind as text"]);
    for (const [name, { field }] of Object.entries(plain)) {
      for (const [other, saved] of Object.entries(samples)) {
        const state = declareState("a test", { value: field });
        const restore = () => state.restore({ value: saved });
        if (other === name || alike.has(`${other} as ${name}`)) expect(restore).not.toThrow();
        else expect(restore).toThrow(/^the saved state of a test needs .*, got /);
      }
    }
    for (const bad of [-1, 0.5, 2 ** 53, Number.NaN, Infinity]) {
      expect(() => declareState("a test", { value: count() }).restore({ value: bad })).toThrow("a count as value");
    }
  });

  test("containers name the place of what they refuse", () => {
    const declared = {
      best: optional(record({ vectors: list(vector()) })),
      byClass: mapById(count()),
      counts: mapByName(count()),
    };
    const good = { best: { vectors: [] }, byClass: [], counts: {} };
    const restore = (change: object) => () => declareState("a test", declared).restore({ ...good, ...change });
    expect(restore({})).not.toThrow();
    expect(restore({ best: { vectors: [1] } })).toThrow("needs a float32 vector as best.vectors.0, got 1");
    expect(restore({ best: { vectors: null } })).toThrow("needs a list as best.vectors, got null");
    expect(restore({ best: [] })).toThrow("needs an object of saved values by name as best, got []");
    expect(restore({ best: undefined })).toThrow("an object of saved values by name as best, got undefined");
    expect(restore({ byClass: [[3, -1]] })).toThrow("needs a count as byClass.3, got -1");
    expect(restore({ byClass: [["3", 1]] })).toThrow('needs a whole number as byClass.0, got "3"');
    expect(restore({ byClass: [[3, 1, 1]] })).toThrow("needs an id and its value as byClass.0, got [3, 1, 1]");
    expect(restore({ counts: { seen: "1" } })).toThrow('needs a count as counts.seen, got "1"');
    expect(restore({ more: 1 })).toThrow(
      'the saved state of a test needs no field but best, byClass, counts, got "more"',
    );
    expect(() => declareState("a test", declared).restore([])).toThrow(
      "the saved state of a test needs an object of saved values by name, got []",
    );
  });

  test("a refused state changes nothing, parts included", () => {
    class Counter {
      readonly state = declareState("a counter", { steps: count() });
      readonly save = this.state.save;
      readonly restore = this.state.restore;
    }
    const declared = {
      first: count(),
      inner: part(new Counter()),
      made: made(() => new Counter()),
      last: part(new Counter()),
    };
    const state = declareState("a test", declared, {
      check: ({ first }) => {
        if (first > 5) throw new RangeError("at most 5");
      },
    });
    const saved = { first: 1, inner: { steps: 2 }, made: { steps: 3 }, last: { steps: 4 } };
    state.restore(saved);
    const { made: before } = state;
    const bad = [
      { first: -1 },
      { first: 6 },
      { inner: { steps: -1 } },
      { made: { steps: -1 } },
      { last: { steps: -1 } },
      { last: undefined },
    ];
    for (const change of bad) {
      const other = { first: 5, inner: { steps: 6 }, made: { steps: 7 }, last: { steps: 8 } };
      expect(() => state.restore({ ...other, ...change })).toThrow();
      expect(state.save()).toEqual(saved);
      expect(state.made).toBe(before);
    }
  });

  test("a refusal is told as it is, where a part cannot go back to what it had", () => {
    const create = (refusal: string): Part => ({
      save: () => null,
      restore: () => {
        throw new Error(refusal);
      },
    });
    const state = declareState("a test", { first: part(create("first")), second: part(create("second")) });
    expect(() => state.restore({ first: 1, second: 2 })).toThrow("first");
    const fickle: Part = {
      save: () => 0,
      restore: (saved) => void (saved === 0 && create("went back").restore(0, {})),
    };
    const other = declareState("a test", { first: part(fickle), second: part(create("second")) });
    expect(() => other.restore({ first: 1, second: 2 })).toThrow("second");
  });

  test("parts stay the same objects, what is made is replaced, and both get the context", () => {
    const contexts: unknown[] = [];
    class Kept {
      value = 0;
      save() {
        return this.value;
      }
      restore(saved: unknown, context: { readonly sources: string }) {
        contexts.push(context);
        this.value = Number(saved);
      }
    }
    const kept = new Kept();
    const made1 = made(() => new Kept());
    const doubled = converted(count(), {
      create: () => 0,
      save: (value: number) => value / 2,
      restore: (raw, context: { readonly factor: number }) => raw * context.factor,
    });
    const restored: unknown[] = [];
    const state = declareState(
      "a test",
      { kept: part(kept), made: made1, doubled },
      { restored: (context) => restored.push(context.sources, state.doubled) },
    );
    const { made: before } = state;
    const context = { sources: "all", factor: 2 };
    state.restore({ kept: 3, made: 4, doubled: 5 }, context);
    expect([state.kept === kept, kept.value, state.made === before, state.made.value]).toEqual([true, 3, false, 4]);
    expect([contexts, restored]).toEqual([
      [context, context],
      ["all", 10],
    ]);
    expect(state.save()).toEqual({ kept: 3, made: 4, doubled: 5 });
    state.reset();
    expect([kept.value, state.made.value, state.doubled]).toEqual([3, 0, 0]);
  });
});
