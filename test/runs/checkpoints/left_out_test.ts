import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { hashParameters } from "../../../src/core/hashing/hash_parameters.ts";
import { createParameterLayout, viewEntry } from "../../../src/core/parameter_layout.ts";
import { leaveOut, putBack } from "../../../src/runs/checkpoints/left_out.ts";

const FILE = { kind: "onnx", path: "net.onnx", sha256: "0".repeat(64), options: {} } as const;

/** Tensors of a file, which of them are known, and which have changed since. */
const tensors = fc.array(
  fc.record({
    values: fc.float32Array({ minLength: 1, maxLength: 4 }),
    isKnown: fc.boolean(),
    hasChanged: fc.boolean(),
  }),
  { maxLength: 6 },
);

describe("leaveOut()", () => {
  test("leaves out what has the file's bits, and nothing else, and putBack() puts it back", () => {
    fc.assert(
      fc.property(tensors, (made) => {
        const layout = createParameterLayout(made.map(({ values }, i) => ({ name: `t${i}`, shape: [values.length] })));
        const file = new Map(made.map(({ values }, i) => [`t${i}`, values]));
        const known = made.flatMap(({ isKnown, values }, i) =>
          isKnown ? [[`t${i}`, hashParameters(values)] as const] : [],
        );
        const vector = new Float32Array(layout.size);
        for (const [i, entry] of layout.entries.entries()) {
          const { values, hasChanged } = made[i] ?? { values: new Float32Array(0), hasChanged: false };
          viewEntry(vector, entry).set(hasChanged ? values.map((value) => (value === 1 ? 2 : 1)) : values);
        }
        const expected = made.flatMap(({ isKnown, hasChanged }, i) => (isKnown && !hasChanged ? [`t${i}`] : []));
        const short = leaveOut(vector, { origin: { file: FILE, hashes: new Map(known) }, layout });
        expect(short?.leftOut.tensors.map(([name]) => name) ?? []).toEqual(expected);
        if (!short) return;
        const find = (name: string) => file.get(name);
        const whole = putBack(short.kept, short.leftOut, { find, subject: "net.onnx" });
        expect(new Uint8Array(whole.buffer)).toEqual(new Uint8Array(vector.buffer));
      }),
    );
  });

  test("leaves vectors of another length alone", () => {
    const layout = createParameterLayout([{ name: "w", shape: [2] }]);
    const vector = Float32Array.of(1, 2);
    const known = { origin: { file: FILE, hashes: new Map([["w", hashParameters(vector)]]) }, layout };
    expect(leaveOut(vector, known)?.kept.length).toBe(0);
    expect(leaveOut(Float32Array.of(1, 2, 3), known)).toBeUndefined();
  });
});

describe("putBack()", () => {
  test("refuses parts that do not fit, before it takes memory for them", () => {
    const put = (length: number, parts: [string, number, number][], values = Float32Array.of(1, 2)) => {
      const source = { find: (name: string) => (name === "w" ? values : undefined), subject: "net.onnx" };
      return () => putBack(Float32Array.of(7), { length, tensors: parts }, source);
    };
    expect(put(3, [["w", 1, 2]])()).toEqual(Float32Array.of(7, 1, 2));
    expect(put(3, [["v", 1, 2]])).toThrow('net.onnx: the weight "v" needs 2 values, got "none"');
    expect(put(4, [["w", 1, 3]])).toThrow('net.onnx: the weight "w" needs 3 values, got 2');
    expect(put(2 ** 53 - 1, [["w", 0, 2]])).toThrow(
      "a checkpoint without weights needs 9007199254740989 others, got 1",
    );
    expect(put(3, [["w", 2, 2]])).toThrow("a checkpoint's weights must lie in order");
    expect(
      put(5, [
        ["w", 2, 2],
        ["w", 1, 2],
      ]),
    ).toThrow("a checkpoint's weights must lie in order");
  });
});
