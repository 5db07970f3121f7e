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
    expect(() => encodeSafetensors({ metadata: {}, tensors })).toThrow("wanted another name");
  });
});

describe("decodeSafetensors()", () => {
  const entry = { dtype: "F32", shape: [2], data_offsets: [0, 8] };
  const refused: { name: string; file: Uint8Array; message: string }[] = [
    { name: "nothing", file: new Uint8Array(3), message: "at least 8 bytes" },
    { name: "a header longer than the file", file: makeFile({}, 0).subarray(0, 9), message: "a header of 2 bytes" },
    { name: "a header that is no object", file: makeFile([], 0), message: "a header that is an object" },
    { name: "another type", file: makeFile({ x: { ...entry, dtype: "BF16" } }, 8), message: "one of F64, F32" },
    { name: "a matrix", file: makeFile({ x: { ...entry, shape: [2, 1] } }, 8), message: "the shape of the vector x" },
    { name: "odd offsets", file: makeFile({ x: { ...entry, data_offsets: [0] } }, 8), message: "the two offsets of x" },
    { name: "values missing", file: makeFile({ x: entry }, 7), message: "2 values of F32 for x" },
    { name: "values left over", file: makeFile({ x: entry }, 9), message: "8 bytes of values" },
    {
      name: "a shape that does not fit",
      file: makeFile({ x: { ...entry, shape: [3] } }, 8),
      message: "3 values of F32",
    },
    {
      name: "a hole between vectors",
      file: makeFile({ x: entry, y: { ...entry, data_offsets: [9, 17] } }, 17),
      message: "without holes",
    },
    {
      name: "metadata that is no text",
      file: makeFile({ __metadata__: { a: 1 } }, 0),
      message: "a text as metadata a",
    },
  ];
  for (const { name, file, message } of refused) {
    test(`refuses ${name}`, () => {
      expect(() => decodeSafetensors(file)).toThrow(message);
    });
  }
});
