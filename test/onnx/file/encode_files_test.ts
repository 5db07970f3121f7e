import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { decodeModel } from "../../../src/onnx/file/decode_model.ts";
import { encodeFiles } from "../../../src/onnx/file/encode_files.ts";
import { encodeModel, measureModel } from "../../../src/onnx/file/encode_model.ts";
import { createOnnxModel, type OnnxModel } from "../../../src/onnx/file/onnx_model.ts";

/** Models with tensors of these lengths in bytes, each of another content. */
const models: fc.Arbitrary<OnnxModel> = fc
  .array(fc.constantFrom(0, 4, 1023, 1024, 4096, 5000), { maxLength: 5 })
  .map((lengths) => {
    const initializers = lengths.map((length, i) => ({
      name: `w${i}`,
      shape: [length],
      dataType: "uint8" as const,
      bytes: new Uint8Array(length).fill(i + 1),
    }));
    return createOnnxModel({ name: "g", nodes: [], initializers, inputs: [], outputs: [] });
  });

const dataLocation = "model.onnx.data";

describe("encodeFiles()", () => {
  test("gives the one file that encodeModel() gives, while that is small enough", () => {
    fc.assert(
      fc.property(models, (model) => {
        const bytes = encodeModel(model);
        expect(measureModel(model)).toBe(bytes.length);
        expect(encodeFiles(model)).toEqual({ bytes });
        expect(encodeFiles(model, { dataLocation, maxFileBytes: bytes.length })).toEqual({ bytes });
      }),
    );
  });

  test("moves large tensors into the other file, on pages of their own", () => {
    fc.assert(
      fc.property(models, (model) => {
        const { bytes, data = new Uint8Array(0) } = encodeFiles(model, { dataLocation, maxFileBytes: 1 });
        const { initializers } = decodeModel(bytes).graph;
        for (const [i, original] of model.graph.initializers.entries()) {
          const { external, bytes: own } = initializers[i] ?? original;
          expect(external !== undefined).toBe(original.bytes.length >= 1024);
          const { location, offset, length } = external ?? { location: dataLocation, offset: 0, length: 0 };
          expect([location, offset % 4096]).toEqual([dataLocation, 0]);
          expect(external ? data.slice(offset, offset + length) : own).toEqual(original.bytes);
        }
      }),
    );
  });

  test("throws a RangeError, when the model is too large and there is no name for another file", () => {
    const [model] = fc.sample(models, 1);
    if (!model) throw new Error("there is no model");
    expect(() => encodeFiles(model, { maxFileBytes: 1 })).toThrow(
      /an ONNX file must have at most 1 bytes, got \d+ byt/,
    );
  });
});
