import { readFileSync } from "node:fs";
import protobuf from "protobufjs";

const schema = readFileSync(new URL("../../../proto/onnx.proto", import.meta.url), "utf8");

const { root } = protobuf.parse(schema, { keepCase: true });

/** A whole ONNX file as protobufjs reads it, by proto/onnx.proto. `MessageWriter` writes files without the schema. */
export const modelMessage = root.lookupType("onnx.ModelProto");
