import { describe, expect, test } from "bun:test";
import { decodeSafetensors, encodeSafetensors, type TensorArray } from "../../../src/runs/checkpoints/safetensors.ts";

/** A file by hand: this header, then so many bytes. */
function makeFile(header: unknown, dataBytes: number): Uint8Array {
  const text = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + dataBytes);
  new DataView(bytes.buffer).setUint32(0, text.length, true);
  bytes.set(text, 8);
  return bytes;
}

describe("encodeSafetensors()", () => {
  test("writes the format byte by byte", () => {
    const tensors = new Map([["x", Float32Array.of(1)]]);
    const bytes = encodeSafetensors({ metadata: { a: "b" }, tensors });
    const header = '{"__metadata__":{"a":"b"},"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}';
    const padded = header.padEnd(Math.ceil(header.length / 8) * 8);
    expect([...bytes.subarray(0, 8)]).toEqual([padded.length, 0, 0, 0, 0, 0, 0, 0]);
    expect(new TextDecoder().decode(bytes.subarray(8, -4))).toBe(padded);
    expect([...bytes.subarray(-4)]).toEqual([0, 0, 0x80, 0x3f]);
  });

  test("puts every vector at a multiple of its numbers' width", () => {
    const tensors = new Map<string, TensorArray>([
      ["u", Uint8Array.of(1, 2, 3)],
      ["i", Int32Array.of(4)],
      ["d", Float64Array.of(5)],
    ]);
    const file = decodeSafetensors(encodeSafetensors({ metadata: {}, tensors }));
    expect([...file.tensors.keys()]).toEqual(["d", "i", "u"]);
    expect(new Map(file.tensors)).toEqual(tensors);
  });

  test("refuses the name that the format keeps for itself", () => {
    const tensors = new Map([["__metadata__", Uint8Array.of(1)]]);
    expect(() => encodeSafetensors({ metadata: {}, tensors })).toThrow("a vector must not be named __metadata__");
  });
});

describe("decodeSafetensors()", () => {
  const entry = { dtype: "F32", shape: [2], data_offsets: [0, 8] };
  const refused: { name: string; file: Uint8Array; message: string }[] = [
    { name: "nothing", file: new Uint8Array(3), message: "truncated: the file has 3 bytes" },
    {
      name: "a header longer than the file",
      file: makeFile({}, 0).subarray(0, 9),
      message: "truncated: the header has 2 bytes, the file 9",
    },
    { name: "a header that is no object", file: makeFile([], 0), message: "the header must be an object, got []" },
    {
      name: "another type",
      file: makeFile({ x: { ...entry, dtype: "BF16" } }, 8),
      message: 'x: dtype must be one of F64,F32,I32,U8, got "BF16"',
    },
    {
      name: "a matrix",
      file: makeFile({ x: { ...entry, shape: [2, 1] } }, 8),
      message: "x: shape must be one size, got [2, 1]",
    },
    {
      name: "odd offsets",
      file: makeFile({ x: { ...entry, data_offsets: [0] } }, 8),
      message: "x: data_offsets must be two offsets, got [0]",
    },
    { name: "values missing", file: makeFile({ x: entry }, 7), message: "the vectors take 8 bytes, the file has 7" },
    { name: "values left over", file: makeFile({ x: entry }, 9), message: "the vectors take 8 bytes, the file has 9" },
    {
      name: "a shape that does not fit",
      file: makeFile({ x: { ...entry, shape: [3] } }, 8),
      message: "x: 3 values of F32 take another room than bytes 0 to 8",
    },
    {
      name: "a hole between vectors",
      file: makeFile({ x: entry, y: { ...entry, data_offsets: [9, 17] } }, 17),
      message: "y must begin at byte 8 of the values, got 9",
    },
    {
      name: "metadata that is no text",
      file: makeFile({ __metadata__: { a: 1 } }, 0),
      message: "__metadata__.a must be a text, got 1",
    },
  ];
  const same = Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`x${i}`, entry]));
  refused.push({ name: "vectors of the same bytes", file: makeFile(same, 8), message: "must begin at byte 8 of" });
  const large = { dtype: "U8", shape: [2 ** 52], data_offsets: [0, 2 ** 52] };
  refused.push({ name: "a vector larger than the file", file: makeFile({ x: large }, 8), message: "the file has 8" });
  refused.push({ name: "no UTF-8", file: Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, 255), message: "not JSON in UTF-8" });
  for (const { name, file, message } of refused) {
    test(`refuses ${name}`, () => {
      expect(() => decodeSafetensors(file)).toThrow(message);
    });
  }
});
