import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { decodeModel } from "../../../src/onnx/file/decode_model.ts";
import { encodeModel } from "../../../src/onnx/file/encode_model.ts";
import { modelMessage } from "../../../src/onnx/file/model_message.ts";
import {
  type AttributeValue,
  type BatchDimension,
  createOnnxModel,
  type DataType,
  type OnnxModel,
} from "../../../src/onnx/file/onnx_model.ts";

const text = fc.string({ unit: "grapheme", maxLength: 8 });
const integer = fc.integer({ min: -(2 ** 40), max: 2 ** 40 });
const float32 = fc.float({ noNaN: true });

const attribute: fc.Arbitrary<AttributeValue> = fc.oneof(
  fc.record({ kind: fc.constant("int" as const), value: integer }),
  fc.record({ kind: fc.constant("float" as const), value: float32 }),
  fc.record({ kind: fc.constant("string" as const), value: text }),
  fc.record({ kind: fc.constant("ints" as const), value: fc.array(integer, { maxLength: 4 }) }),
  fc.record({ kind: fc.constant("floats" as const), value: fc.array(float32, { maxLength: 4 }) }),
);

const dataType = fc.constantFrom<DataType>("float32", "uint8", "int32", "int64", "bool");

const batchDimension = fc.oneof(
  fc.constant<BatchDimension>("N"),
  fc.nat(999).map((factor): BatchDimension => `N*${factor}`),
);

const valueInfo = fc.record({
  name: text,
  dataType,
  shape: fc.array(fc.oneof(fc.nat(), batchDimension), { maxLength: 4 }),
});

const model: fc.Arbitrary<OnnxModel> = fc.record({
  irVersion: fc.nat(),
  opsetVersion: fc.nat(),
  producerName: text,
  producerVersion: text,
  docString: text,
  metadata: fc.dictionary(text, text, { noNullPrototype: true }),
  graph: fc.record({
    name: text,
    nodes: fc.array(
      fc.record({
        op: text,
        name: text,
        inputs: fc.array(text, { maxLength: 3 }),
        outputs: fc.array(text, { maxLength: 2 }),
        attributes: fc.dictionary(text, attribute, { maxKeys: 3, noNullPrototype: true }),
      }),
      { maxLength: 4 },
    ),
    initializers: fc.array(
      fc
        .record(
          {
            name: text,
            shape: fc.array(fc.nat(), { maxLength: 4 }),
            dataType,
            bytes: fc.uint8Array().map((bytes) => Uint8Array.from(bytes)),
            external: fc.record({
              location: fc.constantFrom("model.onnx.data", "…"),
              offset: fc.nat(2 ** 40),
              length: fc.nat(2 ** 40),
            }),
          },
          { requiredKeys: ["name", "shape", "dataType", "bytes"], noNullPrototype: true },
        )
        .map((tensor) => (tensor.external ? { ...tensor, bytes: new Uint8Array(0) } : tensor)),
      { maxLength: 3 },
    ),
    inputs: fc.array(valueInfo, { maxLength: 3 }),
    outputs: fc.array(valueInfo, { maxLength: 3 }),
  }),
});

/** What a model says of itself when it says nothing. */
const BLANK = {
  irVersion: 8,
  opsetVersion: 17,
  producerName: "",
  producerVersion: "",
  docString: "",
  metadata: {},
};

describe("encodeModel()", () => {
  test("is undone by decodeModel(), whatever the model", () => {
    fc.assert(
      fc.property(model, (original) => {
        expect(decodeModel(encodeModel(original))).toEqual(original);
      }),
      { numRuns: 200 },
    );
  });

  test("keeps infinite attributes, when there are some", () => {
    const attributes = { f: { kind: "float", value: Number.NEGATIVE_INFINITY } } as const;
    const node = { op: "Elu", name: "", inputs: [], outputs: [], attributes };
    const graph = { name: "", nodes: [node], initializers: [], inputs: [], outputs: [] };
    expect(decodeModel(encodeModel(createOnnxModel(graph))).graph.nodes[0]?.attributes).toEqual(attributes);
  });

  test("gives equal bytes, when models are equal", () => {
    fc.assert(
      fc.property(model, (original) => {
        expect(encodeModel(structuredClone(original))).toEqual(encodeModel(original));
      }),
      { numRuns: 50 },
    );
  });

  test("gives what protobufjs alone would write", () => {
    fc.assert(
      fc.property(model, (original) => {
        const bytes = encodeModel(original);
        const again = modelMessage.encode(modelMessage.decode(bytes)).finish();
        expect([...again]).toEqual([...bytes]);
      }),
      { numRuns: 100 },
    );
  });

  test("writes the format's field numbers, when the model is small", () => {
    const graph = { name: "g", nodes: [], initializers: [], inputs: [], outputs: [] };
    const bytes = encodeModel({ ...BLANK, graph });
    // ir_version = 1 as varint 8; graph = 7 with its name = 2; opset_import = 8 with domain = 1 and version = 2.
    const wanted = new Set(["08 08", "3a 03 12 01 67", "42 02 10 11", "42 04 0a 00 10 11"]);
    const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
    expect([...wanted].filter((part) => hex.includes(part)).length).toBe(3);
  });
});

describe("decodeModel()", () => {
  test("shows tensors within the file's own bytes", () => {
    const tensor = {
      name: "w",
      shape: [2],
      dataType: "float32" as const,
      bytes: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8),
    };
    const graph = { name: "g", nodes: [], initializers: [tensor], inputs: [], outputs: [] };
    const file = encodeModel({ ...BLANK, graph });
    const [found] = decodeModel(file).graph.initializers;
    expect(found?.bytes).toEqual(tensor.bytes);
    expect(found?.bytes.buffer).toBe(file.buffer);
  });

  test("throws a SyntaxError, when the bytes are not a model", () => {
    expect(() => decodeModel(Uint8Array.of(255, 255, 255))).toThrow(SyntaxError);
    expect(() => decodeModel(new Uint8Array(0))).toThrow(/the ONNX file needs/);
  });

  test("throws a SyntaxError, when a tensor's data stand in another folder or nowhere", () => {
    const place = { location: "model.onnx.data", offset: 0, length: 4 };
    for (const wrong of [{ location: "../secret" }, { location: "/etc/passwd" }, { location: "" }, { offset: -1 }]) {
      const external = { ...place, ...wrong };
      const tensor = { name: "w", shape: [1], dataType: "float32" as const, bytes: new Uint8Array(0), external };
      const graph = { name: "g", nodes: [], initializers: [tensor], inputs: [], outputs: [] };
      expect(() => decodeModel(encodeModel({ ...BLANK, graph }))).toThrow(/the tensor "w" needs a file's name/);
    }
  });

  test("throws a SyntaxError, when a whole file is cut anywhere in its tensors", () => {
    const graph = {
      name: "g",
      nodes: [],
      initializers: [{ name: "w", shape: [64], dataType: "float32" as const, bytes: new Uint8Array(256) }],
      inputs: [],
      outputs: [],
    };
    const bytes = encodeModel({ ...BLANK, graph });
    for (const length of [bytes.length - 1, 200, 20]) {
      expect(() => decodeModel(bytes.subarray(0, length))).toThrow(SyntaxError);
    }
  });
});
