import { expect, test } from "bun:test";
import fc from "fast-check";
import protobuf from "protobufjs";
import { encodeFieldHeader } from "../../../src/onnx/file/field_header.ts";

test("encodeFieldHeader() gives what protobufjs writes before a field of bytes", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 0, max: 2 ** 40 }), (field, length) => {
      const writer = protobuf.Writer.create();
      writer.uint32(field * 8 + 2).uint64(length);
      expect([...encodeFieldHeader(field, length)]).toEqual([...writer.finish()]);
    }),
  );
});
