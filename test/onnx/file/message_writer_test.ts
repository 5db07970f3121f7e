import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import protobuf from "protobufjs";
import { joinBytes } from "../../../src/core/join_bytes.ts";
import { MessageWriter, measurePieces } from "../../../src/onnx/file/message_writer.ts";

const field = fc.integer({ min: 1, max: 5000 });
const integer = fc.oneof(fc.maxSafeInteger(), fc.integer({ min: -300, max: 300 }));
const float = fc.float({ noNaN: true });

function listBytes(writer: MessageWriter): number[] {
  return [...joinBytes(writer.listPieces())];
}

/** What protobufjs writes for a field of a wire type. */
function writeByLibrary(number: number, wireType: number, write: (writer: protobuf.Writer) => void): number[] {
  const writer = protobuf.Writer.create();
  writer.uint32(number * 8 + wireType);
  write(writer);
  return [...writer.finish()];
}

describe("MessageWriter", () => {
  test("leaves out 0 and empty texts, and nothing else, when a field need not be present", () => {
    expect(listBytes(new MessageWriter().integer(1, 0).text(2, ""))).toEqual([]);
    fc.assert(
      fc.property(field, integer, fc.string({ minLength: 1, unit: "grapheme" }), (number, whole, text) => {
        const present = new MessageWriter().presentInteger(number, whole || 1).presentText(number, text);
        const written = new MessageWriter().integer(number, whole || 1).text(number, text);
        expect(listBytes(written)).toEqual(listBytes(present));
      }),
    );
  });

  test("packs lists, and leaves out those that are empty", () => {
    fc.assert(
      fc.property(field, fc.array(integer), fc.array(float), (number, wholes, parts) => {
        const packed = <Value>(values: readonly Value[], write: (writer: protobuf.Writer, value: Value) => void) =>
          values.length === 0
            ? []
            : writeByLibrary(number, 2, (writer) => {
                writer.fork();
                for (const value of values) write(writer, value);
                writer.ldelim();
              });
        expect(listBytes(new MessageWriter().integers(number, wholes))).toEqual(
          packed(wholes, (writer, value) => writer.int64(value)),
        );
        expect(listBytes(new MessageWriter().floats(number, parts))).toEqual(
          packed(parts, (writer, value) => writer.float(value)),
        );
      }),
    );
  });

  test("puts messages into messages, bytes of any length among them", () => {
    fc.assert(
      fc.property(field, fc.array(fc.uint8Array({ maxLength: 700 }), { maxLength: 4 }), text(), (number, all, name) => {
        const inner = new MessageWriter().presentText(1, name);
        for (const bytes of all) inner.presentBytes(2, bytes);
        const outer = new MessageWriter().integer(3, 7).message(number, inner).texts(4, [name, ""]);
        const wanted = protobuf.Writer.create().uint32(24).int64(7);
        wanted.uint32(number * 8 + 2).fork();
        wanted.uint32(10).string(name);
        for (const bytes of all) wanted.uint32(18).bytes(bytes);
        wanted.ldelim().uint32(34).string(name).uint32(34).string("");
        expect(listBytes(outer)).toEqual([...wanted.finish()]);
        expect(measurePieces(outer.listPieces())).toBe(listBytes(outer).length);
      }),
    );
  });

  test("does not copy many bytes", () => {
    const bytes = new Uint8Array(100_000);
    expect(new MessageWriter().message(1, new MessageWriter().presentBytes(2, bytes)).listPieces()).toContain(bytes);
  });
});

function text(): fc.Arbitrary<string> {
  return fc.string({ unit: "grapheme" });
}
